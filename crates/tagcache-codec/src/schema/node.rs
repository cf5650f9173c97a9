//! What has been seen of a type so far.

/// What a deserializer was asked for, as far as it has parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// Above everything: its one part is the traced type itself.
    Root,
    Option,
    Seq,
    Map,
    Tuple(usize),
    Unit(&'static str),
    Newtype(&'static str),
    TupleStruct(&'static str, usize),
    Struct(&'static str, &'static [&'static str]),
    Enum(&'static str, &'static [&'static str]),
    /// Whatever the input holds: one branch for each of [`ANY`].
    Any,
}

/// What a self-describing format may find where it was asked for anything.
pub(super) const ANY: [&str; 8] = ["unit", "bool", "u64", "i64", "f64", "str", "seq", "map"];

/// Tells nodes apart: what was asked for, and the name of the visitor that asked. Without the visitor,
/// `Wrapper<Wrapper<u8>>` would look like a type that contains itself.
pub(super) type Key = (Kind, &'static str);

/// A type with parts.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) kind: Kind,
    /// One per variant of an enum; exactly one of everything else.
    pub(super) branches: Vec<Branch>,
    /// The branch that was finished first. Nothing in it leads back here, so it ends a recursion.
    pub(super) base: Option<usize>,
    /// How many elements a sequence is given.
    pub(super) elements: usize,
    /// A struct whose visitor wants to be given names.
    pub(super) by_name: bool,
}

/// One way through a node.
#[derive(Debug, Default)]
pub(super) struct Branch {
    pub(super) form: Option<Form>,
    pub(super) slots: Vec<Slot>,
    /// A value was made this way.
    pub(super) done: bool,
    /// The type lists this way but never takes it (`OsString::Windows` on Unix).
    pub(super) refused: bool,
    /// It led back to a node that had no base yet: it has to wait until there is one.
    pub(super) postponed: bool,
}

/// How a variant holds its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Unit,
    Newtype,
    Tuple(usize),
    Struct(&'static [&'static str]),
}

/// The place of one part, and the made-up value in use there.
#[derive(Clone, Debug, Default)]
pub(super) struct Slot {
    pub(super) part: Option<Part>,
    pub(super) candidate: usize,
    pub(super) tried: usize,
    pub(super) of: usize,
    /// The last run that came by.
    pub(super) run: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Leaf(&'static str),
    Node(usize),
}

impl Node {
    pub(super) fn new(kind: Kind) -> Self {
        let (branches, slots) = match kind {
            Kind::Root | Kind::Option | Kind::Seq | Kind::Newtype(_) => (1, 1),
            Kind::Map => (1, 2),
            Kind::Unit(_) => (1, 0),
            Kind::Tuple(len) | Kind::TupleStruct(_, len) => (1, len),
            Kind::Struct(_, fields) => (1, fields.len()),
            Kind::Enum(_, variants) => (variants.len(), 0),
            Kind::Any => (ANY.len(), 2),
        };
        let branch = || Branch { slots: vec![Slot::default(); slots], ..Branch::default() };
        Self {
            kind,
            branches: std::iter::repeat_with(branch).take(branches).collect(),
            base: None,
            elements: 1,
            by_name: false,
        }
    }

    /// The ways through it that have not been taken yet.
    pub(super) fn unexplored(&self) -> impl Iterator<Item = usize> + '_ {
        let open = |branch: &Branch| !branch.done && !branch.refused;
        self.branches.iter().enumerate().filter(move |(_, branch)| open(branch)).map(|(index, _)| index)
    }

    /// The name of a part, for a message.
    pub(super) fn describe(&self, branch: usize, slot: usize) -> Option<String> {
        match self.kind {
            Kind::Struct(name, fields) => Some(format!("{name}.{}", fields.get(slot)?)),
            Kind::Enum(name, variants) => Some(format!("{name}::{}", variants.get(branch)?)),
            Kind::Newtype(name) | Kind::TupleStruct(name, _) | Kind::Unit(name) => Some(name.to_owned()),
            _ => None,
        }
    }
}
