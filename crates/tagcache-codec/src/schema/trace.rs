//! The memory of the recorder: where it is, what it saw, what it will try next.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::DeserializeOwned;

use super::node::{Form, Key, Kind, Node, Part, Slot};
use super::recorder::Recorder;
use crate::limits::MAX_DEPTH;

/// Bounds on the work: far above what any sensible type needs, and milliseconds when they are reached.
const MAX_RUNS: usize = 4_096;
const MAX_STEPS: usize = 1 << 20;
const MAX_PARTS: usize = 1 << 16;
const MAX_ELEMENTS: usize = 8;

/// Deserializes `T` until every branch of it has been seen, and gives the nodes (the first is the root).
pub(super) fn trace<T: DeserializeOwned>(human_readable: bool) -> Result<Vec<Node>, String> {
    let mut trace = Trace::new(human_readable);
    for _ in 0..MAX_RUNS {
        let done_before = trace.done;
        trace.start();
        let outcome = T::deserialize(Recorder { at: Place::ROOT, trace: &mut trace });
        if let Some(why) = trace.hidden.take() {
            return Err(why);
        }
        match outcome {
            Ok(_) if trace.is_complete() => return Ok(trace.nodes),
            Ok(_) if trace.done == done_before && !trace.learned => trace.try_another(&trace.stuck())?,
            Ok(_) => trace.settle(),
            Err(_) if trace.learned => {}
            Err(refusal) => trace.try_another(&refusal)?,
        }
    }
    Err("it refuses too many of the values made up for it".to_owned())
}

/// One part of one branch of one node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) node: usize,
    pub(super) branch: usize,
    pub(super) slot: usize,
}

impl Place {
    const ROOT: Self = Self::first(0);

    /// The first part of the first branch of a node.
    pub(super) const fn first(node: usize) -> Self {
        Self { node, branch: 0, slot: 0 }
    }
}

/// A refusal of the type being traced, or of the tracer, which then also left a note behind: the type may
/// catch it.
#[derive(Debug)]
pub(super) struct Refusal(String);

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refusal {}

impl serde::de::Error for Refusal {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

/// A node being deserialized.
pub(super) struct Entered {
    pub(super) node: usize,
    /// It is inside itself: the value must come to an end.
    pub(super) again: bool,
}

pub(super) struct Trace {
    pub(super) nodes: Vec<Node>,
    pub(super) human_readable: bool,
    known: BTreeMap<Key, usize>,
    /// The nodes being deserialized, outermost first, with the branch taken in each.
    pub(super) stack: Vec<(usize, usize)>,
    run: usize,
    /// The leaves of this run, in order and once each.
    leaves: Vec<Place>,
    /// Something was learned from a failure that changes the next run.
    learned: bool,
    hidden: Option<String>,
    done: usize,
    steps: usize,
}

impl Trace {
    fn new(human_readable: bool) -> Self {
        let mut root = Node::new(Kind::Root);
        root.branches[0].done = true;
        Self {
            nodes: vec![root],
            human_readable,
            known: BTreeMap::new(),
            stack: Vec::new(),
            run: 0,
            leaves: Vec::new(),
            learned: false,
            hidden: None,
            done: 0,
            steps: 0,
        }
    }

    fn start(&mut self) {
        self.run += 1;
        self.stack.clear();
        self.leaves.clear();
        self.learned = false;
    }

    fn is_complete(&self) -> bool {
        self.nodes.iter().all(|node| node.unexplored().next().is_none())
    }

    /// A value was made, but it did not come by anything new.
    fn stuck(&self) -> Refusal {
        match self.nodes.iter().find_map(|node| node.describe(node.unexplored().next()?, 0)) {
            Some(name) => Refusal(format!("nothing reaches `{name}`")),
            None => Refusal("nothing reaches all of it".to_owned()),
        }
    }

    /// Gives up: the shape is hidden.
    pub(super) fn hide<T>(&mut self, why: impl Into<String>) -> Result<T, Refusal> {
        let why = why.into();
        let refusal = Refusal(why.clone());
        self.hidden.get_or_insert(why);
        Err(refusal)
    }

    pub(super) fn slot(&mut self, at: Place) -> &mut Slot {
        &mut self.nodes[at.node].branches[at.branch].slots[at.slot]
    }

    /// Notes what is at a place. It must be the same whenever that place is seen.
    fn note(&mut self, at: Place, part: Part) -> Result<(), Refusal> {
        self.steps += 1;
        if self.steps > MAX_STEPS {
            return self.hide("it is too large to be traced");
        }
        match self.slot(at).part.replace(part) {
            Some(before) if before != part => self.hide("its parts depend on its content"),
            _ => Ok(()),
        }
    }

    /// Notes a leaf and says which of the `of` made-up values it gets.
    pub(super) fn leaf(&mut self, at: Place, name: &'static str, of: usize) -> Result<usize, Refusal> {
        self.note(at, Part::Leaf(name))?;
        let run = self.run;
        let slot = self.slot(at);
        slot.of = of;
        let candidate = slot.candidate;
        if std::mem::replace(&mut slot.run, run) != run {
            self.leaves.push(at);
        }
        Ok(candidate)
    }

    /// All of the values made up for this leaf have been tried, this one being the last.
    pub(super) fn is_last_candidate(&mut self, at: Place) -> bool {
        let slot = self.slot(at);
        slot.tried + 1 >= slot.of
    }

    /// The values of this run were good: they are the ones to start from.
    fn settle(&mut self) {
        for at in std::mem::take(&mut self.leaves) {
            self.slot(at).tried = 0;
        }
    }

    /// Counts up: the last leaf gets its next value; when it has had all of them, the one before it does too.
    fn try_another(&mut self, refusal: &Refusal) -> Result<(), String> {
        let last = self.leaves.last().copied();
        while let Some(at) = self.leaves.pop() {
            let slot = self.slot(at);
            slot.tried += 1;
            slot.candidate = (slot.candidate + 1) % slot.of;
            if slot.tried < slot.of {
                return Ok(());
            }
            slot.tried = 0;
        }
        let place = last.and_then(|at| self.nodes[at.node].describe(at.branch, at.slot));
        Err(match place {
            Some(place) => format!("no value made up for `{place}` is accepted: {refusal}"),
            None => format!("no value made up for it is accepted: {refusal}"),
        })
    }

    /// Goes into the node that `kind` was asked for at a place, and comes out of it again with its value or
    /// without one: the type may catch a refusal and go on.
    pub(super) fn within<T>(
        &mut self,
        at: Place,
        kind: Kind,
        visitor: &'static str,
        run: impl FnOnce(&mut Self, &Entered) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let depth = self.stack.len();
        let entered = self.enter(at, kind, visitor)?;
        let outcome = run(self, &entered);
        let taken = self.stack.drain(depth..).next();
        if let (Ok(_), Some((node, branch))) = (&outcome, taken) {
            self.finish(node, branch);
        }
        outcome
    }

    fn enter(&mut self, at: Place, kind: Kind, visitor: &'static str) -> Result<Entered, Refusal> {
        if let Kind::Tuple(len) | Kind::TupleStruct(_, len) = kind {
            if len > MAX_PARTS {
                return self.hide("it is too large to be traced");
            }
        }
        let next = self.nodes.len();
        let node = *self.known.entry((kind, visitor)).or_insert(next);
        if node == next {
            self.nodes.push(Node::new(kind));
        }
        self.note(at, Part::Node(node))?;
        if self.stack.len() >= MAX_DEPTH {
            return self.hide("it nests too deeply");
        }
        let again = self.stack.iter().any(|&(around, _)| around == node);
        self.stack.push((node, 0));
        Ok(Entered { node, again })
    }

    fn finish(&mut self, node: usize, branch: usize) {
        let node = &mut self.nodes[node];
        if !std::mem::replace(&mut node.branches[branch].done, true) {
            self.done += 1;
            node.base.get_or_insert(branch);
        }
    }

    /// Ends this run, so that the next one goes another way.
    pub(super) fn learn<T>(&mut self, what: &str) -> Result<T, Refusal> {
        self.learned = true;
        Err(Refusal(what.to_owned()))
    }

    /// Never takes this branch again.
    pub(super) fn refuse(&mut self, node: usize, branch: usize) {
        self.nodes[node].branches[branch].refused = true;
        self.learned = true;
    }

    /// Gives this sequence one more element the next time, if that is still within bounds.
    pub(super) fn lengthen(&mut self, node: usize) {
        let node = &mut self.nodes[node];
        if node.elements < MAX_ELEMENTS {
            node.elements += 1;
            self.learned = true;
        }
    }

    /// Gives this struct its fields by name the next time.
    pub(super) fn by_name(&mut self, node: usize) {
        if !std::mem::replace(&mut self.nodes[node].by_name, true) {
            self.learned = true;
        }
    }

    /// Notes how a variant holds its parts.
    pub(super) fn form(
        &mut self,
        node: usize,
        branch: usize,
        form: Form,
        parts: usize,
    ) -> Result<(), Refusal> {
        if parts > MAX_PARTS {
            return self.hide("it is too large to be traced");
        }
        let seen = &mut self.nodes[node].branches[branch];
        seen.slots.resize(parts, Slot::default());
        match seen.form.replace(form) {
            Some(before) if before != form => self.hide("its parts depend on its content"),
            _ => Ok(()),
        }
    }
}
