//! Tree: which function used how much, called by whom?
//!
//! In: looks at the stack and at the fuel used so far. Out: a tree of functions below each kind of event. Must never: lose or
//! invent a unit.

use std::collections::BTreeMap;

use super::marks::{MARK, MARK_BEFORE, MARK_WITHIN, import_of};

/// A function, as it was called from one place of the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Index into [`Profile::names`].
    pub name: usize,
    /// Fuel that it used itself, without what it called.
    pub fuel: u64,
    /// How often it was entered.
    pub calls: u64,
    /// Nodes of what it called, in order of their first call.
    pub children: Vec<usize>,
}

/// Where fuel went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// Names of functions as the component has them, of imports, and of kinds of events.
    pub names: Vec<String>,
    /// Nodes; `roots` are the kinds of events.
    pub nodes: Vec<Node>,
    /// Nodes of the kinds of events, in order of their first call.
    pub roots: Vec<usize>,
    /// Fuel of all calls, as the session counts it: the sum of all nodes.
    pub fuel: u64,
    /// Calls.
    pub calls: u64,
    /// Whether the component says how its functions are called.
    pub has_names: bool,
}

/// What is seen at the start of a function.
pub(crate) struct Seen<'a> {
    /// Frames of the guest.
    pub(crate) depth: usize,
    /// The function's module, `""` where it has no name.
    pub(crate) module: &'a str,
    pub(crate) index: u32,
    pub(crate) name: Option<&'a str>,
}

/// Fuel for the marks of a call that may use next to nothing.
const ROOM: u64 = 10_000;

/// Records calls.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    profile: Profile,
    by_name: BTreeMap<String, usize>,
    call: Option<Call>,
}

/// The call that is under way.
#[derive(Debug)]
struct Call {
    /// Fuel that it may use.
    limit: u64,
    /// Fuel that it has, for marks too.
    armed: u64,
    /// Nodes from the kind of event to the function that runs.
    path: Vec<usize>,
    /// The import that was called last.
    import: Option<usize>,
    /// Fuel used at the last look, without that of marks.
    used: u64,
    /// Fuel of marks so far.
    of_marks: u64,
    /// What imports took since the last look.
    of_imports: u64,
    /// Fuel with marks at which nothing new can be seen: that of a loop within the function of the last look.
    quiet: Option<u64>,
}

impl Recorder {
    pub(crate) fn profile(&self) -> &Profile {
        &self.profile
    }

    /// A call begins that may use so much; it is to have what is returned.
    pub(crate) fn begin(&mut self, kind: &str, limit: u64) -> u64 {
        let name = self.name(kind.to_owned());
        let roots = &self.profile.roots;
        let root = match roots.iter().copied().find(|root| self.profile.nodes[*root].name == name) {
            Some(root) => root,
            None => {
                let root = self.node(name);
                self.profile.roots.push(root);
                root
            }
        };
        self.profile.nodes[root].calls += 1;
        let path = vec![root];
        // A call takes two units at least and its marker two; what is called by name takes far more than handing on does.
        // A loop that enters no function is ended by what is left.
        let armed = limit.saturating_mul(3).saturating_add(ROOM);
        self.call = Some(Call { limit, armed, path, import: None, used: 0, of_marks: 0, of_imports: 0, quiet: None });
        armed
    }

    /// Fuel that was used, where there is something to see: not in a loop within the function of the last look, and not
    /// between calls.
    pub(crate) fn unseen(&self, left: u64) -> Option<u64> {
        let call = self.call.as_ref()?;
        Some(call.armed.saturating_sub(left)).filter(|used| call.quiet != Some(*used))
    }

    /// Takes in what is seen; false when the call has used more than it may.
    pub(crate) fn look(&mut self, used: u64, seen: &Seen<'_>) -> bool {
        let Some(mut call) = self.call.take() else { return true };
        let is_mark = seen.name == Some(MARK);
        call.of_marks += if is_mark { MARK_BEFORE } else { 0 };
        self.settle(&mut call, used);
        if is_mark {
            // The caller of the marker goes on.
            call.path.truncate(seen.depth.max(1));
            call.of_marks += MARK_WITHIN;
            call.quiet = Some(used + MARK_WITHIN);
        } else {
            call.path.truncate(seen.depth.max(1));
            self.enter(&mut call, seen);
            call.quiet = Some(used);
        }
        let is_within = call.used <= call.limit;
        self.call = Some(call);
        is_within
    }

    /// An import took fuel for what it does.
    pub(crate) fn charged(&mut self, fuel: u64) {
        let Some(call) = &mut self.call else { return };
        let node = call.import.unwrap_or_else(|| call.path[call.path.len() - 1]);
        self.profile.nodes[node].fuel += fuel;
        call.of_imports += fuel;
    }

    /// The call is over with so much left; what it used without marks.
    pub(crate) fn end(&mut self, left: u64) -> u64 {
        let Some(mut call) = self.call.take() else { return 0 };
        let used = call.armed.saturating_sub(left);
        self.settle(&mut call, used);
        self.profile.fuel += call.used;
        self.profile.calls += 1;
        call.used
    }

    /// What was used since the last look belongs to the function that ran.
    fn settle(&mut self, call: &mut Call, used: u64) {
        let used = used.saturating_sub(call.of_marks);
        let own = used.saturating_sub(call.used + call.of_imports);
        let node = call.path[call.path.len() - 1];
        self.profile.nodes[node].fuel += own;
        (call.used, call.of_imports) = (call.used.max(used), 0);
    }

    fn enter(&mut self, call: &mut Call, seen: &Seen<'_>) {
        let import = seen.name.and_then(import_of);
        let name = match (import, seen.name) {
            (Some((_, import)), _) => import.to_owned(),
            (None, Some(name)) => {
                self.profile.has_names = true;
                name.to_owned()
            }
            (None, None) if seen.module.is_empty() => format!("function {}", seen.index),
            (None, None) => format!("{} function {}", seen.module, seen.index),
        };
        let name = self.name(name);
        let caller = call.path[call.path.len() - 1];
        let node = self.child(caller, name);
        self.profile.nodes[node].calls += 1;
        call.path.push(node);
        if let Some((fuel, _)) = import {
            call.import = Some(node);
            call.of_marks += fuel;
        }
    }

    fn child(&mut self, of: usize, name: usize) -> usize {
        let mut known = self.profile.nodes[of].children.iter().copied();
        if let Some(child) = known.find(|child| self.profile.nodes[*child].name == name) {
            return child;
        }
        let child = self.node(name);
        self.profile.nodes[of].children.push(child);
        child
    }

    fn node(&mut self, name: usize) -> usize {
        self.profile.nodes.push(Node { name, fuel: 0, calls: 0, children: Vec::new() });
        self.profile.nodes.len() - 1
    }

    fn name(&mut self, name: String) -> usize {
        if let Some(known) = self.by_name.get(&name) {
            return *known;
        }
        self.profile.names.push(name.clone());
        self.by_name.insert(name, self.profile.names.len() - 1);
        self.profile.names.len() - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(depth: usize, name: &str) -> Seen<'_> {
        Seen { depth, module: "", index: 0, name: Some(name) }
    }

    fn lines(profile: &Profile) -> Vec<String> {
        let mut lines = Vec::new();
        let mut open: Vec<(usize, usize)> = profile.roots.iter().rev().map(|root| (*root, 0)).collect();
        while let Some((at, depth)) = open.pop() {
            let node = &profile.nodes[at];
            lines.push(format!("{}{} {} x{}", " ".repeat(depth), profile.names[node.name], node.fuel, node.calls));
            open.extend(node.children.iter().rev().map(|child| (*child, depth + 1)));
        }
        lines
    }

    #[test]
    fn what_is_used_between_two_looks_is_the_functions_own_and_marks_use_nothing() {
        let mut recorder = Recorder::default();
        let armed = recorder.begin("Trade", 1_000);
        assert!(recorder.look(0, &seen(1, "a")));
        // `a` used 10 and calls `b`, which uses 5 and returns; the marker takes a call before it is entered and 1 within.
        assert!(recorder.look(10, &seen(2, "b")));
        assert!(recorder.look(15 + MARK_BEFORE, &seen(2, MARK)));
        let behind = 15 + MARK_BEFORE + 1;
        assert_eq!(recorder.unseen(armed - behind), None, "a loop of `a` shows nothing new");
        // `a` used 3 and calls an import by a function that takes 4 itself; it is charged 100 for what it does.
        assert!(recorder.look(behind + 3, &seen(2, "ringfence:import 4 emit")));
        recorder.charged(100);
        assert!(recorder.look(behind + 107 + MARK_BEFORE, &seen(2, MARK)));
        let end = behind + 107 + MARK_BEFORE + 1 + 2;
        assert_eq!((recorder.unseen(armed - end), recorder.end(armed - end)), (Some(end), 120));
        let want = ["Trade 0 x1", " a 15 x1", "  b 5 x1", "  emit 100 x1"];
        assert_eq!(lines(recorder.profile()), want);
        assert_eq!(recorder.profile().fuel, 120);
    }

    #[test]
    fn kinds_of_events_are_apart_and_recursion_is_a_chain() {
        let mut recorder = Recorder::default();
        for (kind, depth) in [("Trade", 2), ("Quote", 1), ("Trade", 1)] {
            let armed = recorder.begin(kind, 1_000);
            (1..=depth).for_each(|depth| assert!(recorder.look(depth as u64, &seen(depth, "f"))));
            recorder.end(armed - 10);
        }
        assert_eq!(lines(recorder.profile()), ["Trade 2 x2", " f 10 x2", "  f 8 x1", "Quote 1 x1", " f 9 x1"]);
        assert_eq!((recorder.profile().fuel, recorder.profile().calls), (30, 3));
    }

    #[test]
    fn a_call_that_uses_more_than_it_may_is_told() {
        let mut recorder = Recorder::default();
        recorder.begin("Trade", 10);
        assert!(recorder.look(10, &seen(1, "a")));
        assert!(!recorder.look(11, &seen(2, "b")));
    }
}
