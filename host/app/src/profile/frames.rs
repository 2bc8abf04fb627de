//! Frames: what does each function of a profile use, with what it calls, and how is it called by people?
//!
//! In: a profile. Out: its nodes from the top down, children in order of their first call. Must never: leave a node out.

use ringfence_sandbox::Profile;

/// A node on its way from the top.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    /// Names from the kind of event to the function, as indices into [`names`].
    pub(crate) path: Vec<usize>,
    /// Fuel of its own.
    pub(crate) own: u64,
    /// With what it calls.
    pub(crate) total: u64,
    /// How often it was entered.
    pub(crate) calls: u64,
    /// Fuel of everything before it: where it begins in a picture.
    pub(crate) begins: u64,
}

/// Every node, parents before their children.
pub(crate) fn frames(profile: &Profile) -> Vec<Frame> {
    let totals = totals(profile);
    let mut all = Vec::new();
    let mut begins = 0;
    let mut open = Vec::new();
    for root in &profile.roots {
        open.push((*root, Vec::new(), begins));
        begins += totals[*root];
    }
    open.reverse();
    while let Some((at, above, begins)) = open.pop() {
        let node = &profile.nodes[at];
        let path: Vec<usize> = above.iter().copied().chain([node.name]).collect();
        let mut next = begins;
        let mut children = Vec::new();
        for child in &node.children {
            children.push((*child, path.clone(), next));
            next += totals[*child];
        }
        open.extend(children.into_iter().rev());
        all.push(Frame { path, own: node.fuel, total: totals[at], calls: node.calls, begins });
    }
    all
}

/// Fuel of each node with what it calls. A child is always made after its parent, so it stands behind it.
fn totals(profile: &Profile) -> Vec<u64> {
    let mut totals: Vec<u64> = profile.nodes.iter().map(|node| node.fuel).collect();
    for at in (0..profile.nodes.len()).rev() {
        let below: u64 = profile.nodes[at].children.iter().map(|child| totals[*child]).sum();
        totals[at] += below;
    }
    totals
}

/// Names for people: those of Rust without what the compiler made of them.
pub(crate) fn names(profile: &Profile) -> Vec<String> {
    profile.names.iter().map(|name| format!("{:#}", rustc_demangle::demangle(name))).collect()
}

#[cfg(test)]
pub(super) mod tests {
    use ringfence_sandbox::ProfileNode;

    use super::*;

    /// Trade: `a` (10) calls `b` (5); Quote: `a` (2).
    pub(in crate::profile) fn profile() -> Profile {
        let node =
            |name, fuel, calls, children: &[usize]| ProfileNode { name, fuel, calls, children: children.to_vec() };
        let names = ["Trade", "_ZN4core3fmt1a17h0123456789abcdefE", "b <&>", "Quote"].map(str::to_owned).to_vec();
        let nodes = vec![
            node(0, 0, 3, &[1]),
            node(1, 10, 3, &[2]),
            node(2, 5, 6, &[]),
            node(3, 1, 1, &[4]),
            node(1, 2, 1, &[]),
        ];
        Profile { names, nodes, roots: vec![0, 3], fuel: 18, calls: 4, has_names: true }
    }

    #[test]
    fn every_node_comes_once_with_what_it_calls() {
        let shown: Vec<_> = frames(&profile())
            .iter()
            .map(|frame| format!("{:?} own {} total {} at {}", frame.path, frame.own, frame.total, frame.begins))
            .collect();
        let want = [
            "[0] own 0 total 15 at 0",
            "[0, 1] own 10 total 15 at 0",
            "[0, 1, 2] own 5 total 5 at 0",
            "[3] own 1 total 3 at 15",
            "[3, 1] own 2 total 2 at 15",
        ];
        assert_eq!(shown, want);
        assert_eq!(frames(&profile()).iter().map(|frame| frame.own).sum::<u64>(), profile().fuel);
    }

    #[test]
    fn names_of_rust_are_shown_as_they_are_written() {
        assert_eq!(names(&profile()), ["Trade", "core::fmt::a", "b <&>", "Quote"]);
    }
}
