//! The canonical text of a shape. Changing it changes every fingerprint, so every cache starts anew.

use std::fmt::Write;

use super::node::{ANY, Branch, Form, Kind, Node, Part, Slot};

/// A longer text than this is not looked at: a type used in many places is written out in each of them.
const MAX_LEN: usize = 1 << 20;

/// The text of the type whose nodes these are.
pub(super) fn canonical(nodes: &[Node]) -> Result<String, String> {
    let mut writer = Writer { nodes, path: Vec::new(), text: String::new() };
    writer.node(0);
    if writer.text.len() > MAX_LEN {
        return Err("it is too large to be traced".to_owned());
    }
    Ok(writer.text)
}

struct Writer<'n> {
    nodes: &'n [Node],
    /// The nodes around the one being written, outermost first.
    path: Vec<usize>,
    text: String,
}

impl Writer<'_> {
    fn node(&mut self, id: usize) {
        if self.text.len() > MAX_LEN {
            return;
        }
        if let Some(up) = self.path.iter().rev().position(|&around| around == id) {
            self.text.push_str(&format!("^{}", up + 1));
            return;
        }
        self.path.push(id);
        let node = &self.nodes[id];
        match node.kind {
            Kind::Root => self.slot(&node.branches[0].slots[0]),
            Kind::Option => self.around("option<", node, ">"),
            Kind::Seq => self.around("seq<", node, ">"),
            Kind::Map => self.around("map<", node, ">"),
            Kind::Tuple(_) => self.tuple(&node.branches[0].slots),
            Kind::Unit(name) => self.named("unit ", name),
            Kind::Newtype(name) => {
                self.named("newtype ", name);
                self.around("(", node, ")");
            }
            Kind::TupleStruct(name, _) => {
                self.named("tuple ", name);
                self.tuple(&node.branches[0].slots);
            }
            Kind::Struct(name, fields) => {
                self.named("struct ", name);
                self.fields(fields, &node.branches[0].slots);
            }
            Kind::Enum(name, variants) => {
                self.named("enum ", name);
                self.variants(variants, &node.branches);
            }
            Kind::Any => self.anything(&node.branches),
        }
        self.path.pop();
    }

    fn slot(&mut self, slot: &Slot) {
        match slot.part {
            Some(Part::Leaf(name)) => self.text.push_str(name),
            Some(Part::Node(id)) => self.node(id),
            // An alias adds a name to a struct, but no part.
            None => self.text.push('_'),
        }
    }

    /// Names may hold any text: one that could be mistaken for something else is quoted.
    fn named(&mut self, what: &str, name: &str) {
        let plain = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        // Writing to a string cannot fail.
        let _ = if plain { write!(self.text, "{what}{name}") } else { write!(self.text, "{what}{name:?}") };
    }

    fn list<T>(&mut self, items: &[T], mut write: impl FnMut(&mut Self, &T)) {
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.text.push_str(", ");
            }
            write(self, item);
        }
    }

    fn around(&mut self, before: &str, node: &Node, after: &str) {
        self.text.push_str(before);
        self.list(&node.branches[0].slots, Self::slot);
        self.text.push_str(after);
    }

    /// Equal parts in a row are counted, so that `[u8; 1024]` stays short.
    fn tuple(&mut self, slots: &[Slot]) {
        self.text.push('(');
        let runs: Vec<&[Slot]> = slots.chunk_by(|a, b| a.part == b.part).collect();
        self.list(&runs, |writer, run| {
            writer.slot(&run[0]);
            if run.len() > 1 {
                writer.text.push_str(&format!(" * {}", run.len()));
            }
        });
        self.text.push(')');
    }

    fn fields(&mut self, names: &[&str], slots: &[Slot]) {
        self.text.push_str(" { ");
        let fields: Vec<(&&str, &Slot)> = names.iter().zip(slots).collect();
        self.list(&fields, |writer, (name, slot)| {
            writer.named("", name);
            writer.text.push_str(": ");
            writer.slot(slot);
        });
        self.text.push_str(" }");
    }

    fn variants(&mut self, names: &[&str], branches: &[Branch]) {
        self.text.push_str(" { ");
        let variants: Vec<(&&str, &Branch)> = names.iter().zip(branches).collect();
        self.list(&variants, |writer, (name, branch)| {
            writer.named("", name);
            match branch.form {
                Some(Form::Newtype) => {
                    writer.text.push('<');
                    writer.slot(&branch.slots[0]);
                    writer.text.push('>');
                }
                Some(Form::Tuple(_)) => writer.tuple(&branch.slots),
                Some(Form::Struct(fields)) => writer.fields(fields, &branch.slots),
                Some(Form::Unit) => {}
                None => writer.text.push_str(" refused"),
            }
        });
        self.text.push_str(" }");
    }

    fn anything(&mut self, branches: &[Branch]) {
        self.text.push_str("any<");
        let taken = |(_, branch): &(&&str, &Branch)| !branch.refused;
        let ways: Vec<(&&str, &Branch)> = ANY.iter().zip(branches).filter(taken).collect();
        self.list(&ways, |writer, (name, branch)| {
            writer.text.push_str(name);
            if matches!(**name, "seq" | "map") {
                writer.text.push('(');
                let seen = branch.slots.iter().filter(|slot| slot.part.is_some());
                writer.list(&seen.collect::<Vec<_>>(), |writer, slot| writer.slot(slot));
                writer.text.push(')');
            }
        });
        self.text.push('>');
    }
}
