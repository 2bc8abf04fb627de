//! Memory: how much does a decoder take at once?
//!
//! In: every allocation of a thread. Out: the largest one of a call. Must never: change what is allocated.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// The system's allocator, which notes the largest allocation of each thread. A test binary that asks [`largest_of`] makes
/// it its `#[global_allocator]`.
pub struct Counting;

thread_local! {
    static LARGEST: Cell<usize> = const { Cell::new(0) };
}

fn note(bytes: usize) {
    // Not there while the thread ends, and nothing is measured then.
    let _gone = LARGEST.try_with(|largest| largest.set(largest.get().max(bytes)));
}

/// The largest single allocation of a call on this thread in bytes, and what the call answers. A length that is believed
/// before it is checked shows here.
pub fn largest_of<T>(call: impl FnOnce() -> T) -> (usize, T) {
    LARGEST.with(|largest| largest.set(0));
    let answer = call();
    (LARGEST.with(Cell::get), answer)
}

#[allow(unsafe_code, reason = "a global allocator is an unsafe trait; every call is handed to the system's unchanged")]
// SAFETY: layouts and pointers go to `System` as they come, and come back as it gave them.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(layout.size());
        // SAFETY: the caller's contract is `System`'s.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        note(layout.size());
        // SAFETY: the caller's contract is `System`'s.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's contract is `System`'s.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        note(size);
        // SAFETY: the caller's contract is `System`'s.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[global_allocator]
    static ALLOCATOR: Counting = Counting;

    #[test]
    fn the_largest_allocation_of_a_call_is_known() {
        let (largest, kept) = largest_of(|| (vec![0_u8; 1_000], Vec::<u8>::with_capacity(5_000)));
        assert_eq!((largest, kept.0.len(), kept.1.capacity()), (5_000, 1_000, 5_000));
        assert_eq!(largest_of(|| 1 + 1), (0, 2));
    }
}
