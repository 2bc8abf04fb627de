//! `#[derive(Persist)]`: what is saved comes back, in the order in which it stands.

use ringfence_sdk::{Archive, Persist, Price, Qty, RestoreError};

#[derive(Clone, Debug, Default, PartialEq, Persist)]
struct Fields<T> {
    price: Price,
    #[persist(skip)]
    limit: Option<std::time::Duration>,
    inner: T,
    #[persist(since = 2)]
    later: u8,
}

#[derive(Clone, Debug, Default, PartialEq, Persist)]
struct Pair(u8, #[persist(skip)] u16, i64);

#[derive(Clone, Copy, Debug, Default, PartialEq, Persist)]
struct Nothing;

#[derive(Clone, Debug, Default, PartialEq, Persist)]
enum Phase {
    #[default]
    Waiting,
    Holding {
        qty: Qty,
        #[persist(skip)]
        note: String,
    },
    Done(u8, Nothing),
}

fn saved(value: &mut impl Persist, version: u16) -> Vec<u8> {
    let mut archive = Archive::saving(version);
    archive.item(value);
    archive.into_bytes()
}

fn loaded<T: Persist>(value: &mut T, bytes: &[u8]) -> Result<(), RestoreError> {
    let mut archive = Archive::loading(bytes, 9)?;
    archive.item(value);
    archive.finish()
}

#[test]
fn fields_come_back_and_those_that_are_skipped_stay() {
    let limit = Some(std::time::Duration::from_secs(5));
    let mut fields = Fields { price: Price(7), limit: None, inner: Pair(1, 2, 3), later: 4 };
    let bytes = saved(&mut fields, 2);
    assert_eq!(bytes[6..], [7, 0, 0, 0, 0, 0, 0, 0, 1, 3, 0, 0, 0, 0, 0, 0, 0, 4], "in order, nothing between");
    let mut other = Fields { limit, inner: Pair(0, 9, 0), ..Fields::default() };
    assert_eq!(loaded(&mut other, &bytes), Ok(()));
    assert_eq!(other, Fields { price: Price(7), limit, inner: Pair(1, 9, 3), later: 4 });
}

#[test]
fn a_field_that_an_older_snapshot_did_not_have_stays() {
    let bytes = saved(&mut Fields { price: Price(7), inner: 5_u8, ..Fields::default() }, 1);
    let mut other = Fields { later: 77, ..Fields::<u8>::default() };
    assert_eq!((loaded(&mut other, &bytes), other.inner, other.later), (Ok(()), 5, 77));
}

#[test]
fn the_case_of_an_enum_comes_first() {
    let holding = |qty, note: &str| Phase::Holding { qty: Qty(qty), note: note.to_owned() };
    for phase in [Phase::Waiting, holding(7, ""), Phase::Done(3, Nothing)] {
        for mut other in [Phase::Waiting, holding(1, ""), Phase::Done(0, Nothing)] {
            assert_eq!(loaded(&mut other, &saved(&mut phase.clone(), 0)), Ok(()));
            assert_eq!(other, phase);
        }
    }
    let bytes = saved(&mut holding(7, "saved"), 0);
    assert_eq!(bytes[6..], [1, 7, 0, 0, 0, 0, 0, 0, 0]);
    let mut other = holding(1, "kept");
    assert_eq!((loaded(&mut other, &bytes), other), (Ok(()), holding(7, "kept")));
}

#[test]
fn a_case_that_does_not_exist_is_refused() {
    let bytes = saved(&mut 3_u8, 0);
    assert_eq!(loaded(&mut Phase::Waiting, &bytes), Err(RestoreError::BadValue));
}
