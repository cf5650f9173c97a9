//! What the recorder gives to visitors: elements, fields, entries and variants.

use serde::de::value::BorrowedStrDeserializer;
use serde::de::{DeserializeSeed, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor};

use super::node::Form;
use super::recorder::Recorder;
use super::trace::{Place, Refusal, Trace};

/// What a visitor did with what it was given, to learn from when it fails.
#[derive(Default)]
pub(super) struct Watch {
    /// It read something of the content.
    pub(super) touched: bool,
    /// It wanted more elements than there were.
    pub(super) ran_dry: bool,
    /// It knew the variant by its name.
    pub(super) named: bool,
}

/// Elements of a sequence, parts of a tuple, fields of a struct.
pub(super) struct Elements<'t> {
    trace: &'t mut Trace,
    watch: &'t mut Watch,
    at: Place,
    left: usize,
    /// How far the next element is from this one: a sequence has one place for all of its elements.
    step: usize,
}

impl<'t> Elements<'t> {
    /// As many parts as the type says, each with its own place.
    pub(super) fn parts(trace: &'t mut Trace, at: Place, len: usize, watch: &'t mut Watch) -> Self {
        Self { trace, watch, at, left: len, step: 1 }
    }

    /// As many elements as was decided, all alike.
    pub(super) fn alike(trace: &'t mut Trace, at: Place, len: usize, watch: &'t mut Watch) -> Self {
        Self { trace, watch, at, left: len, step: 0 }
    }
}

impl<'de> SeqAccess<'de> for Elements<'_> {
    type Error = Refusal;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Refusal> {
        self.watch.touched = true;
        if self.left == 0 {
            self.watch.ran_dry = true;
            return Ok(None);
        }
        let at = self.at;
        self.left -= 1;
        self.at.slot += self.step;
        seed.deserialize(Recorder { at, trace: self.trace }).map(Some)
    }
}

/// The one entry of a map, or none.
pub(super) struct Entry<'t> {
    trace: &'t mut Trace,
    watch: &'t mut Watch,
    at: Place,
    empty: bool,
}

impl<'t> Entry<'t> {
    pub(super) fn new(trace: &'t mut Trace, at: Place, empty: bool, watch: &'t mut Watch) -> Self {
        Self { trace, watch, at, empty }
    }
}

impl<'de> MapAccess<'de> for Entry<'_> {
    type Error = Refusal;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Refusal> {
        self.watch.touched = true;
        if std::mem::replace(&mut self.empty, true) {
            return Ok(None);
        }
        seed.deserialize(Recorder { at: self.at, trace: self.trace }).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Refusal> {
        let at = Place { slot: 1, ..self.at };
        seed.deserialize(Recorder { at, trace: self.trace })
    }
}

/// The fields of a struct whose visitor wants their names.
pub(super) struct Fields<'t> {
    trace: &'t mut Trace,
    at: Place,
    names: &'static [&'static str],
}

impl<'t> Fields<'t> {
    pub(super) fn new(trace: &'t mut Trace, at: Place, names: &'static [&'static str]) -> Self {
        Self { trace, at, names }
    }
}

impl<'de> MapAccess<'de> for Fields<'_> {
    type Error = Refusal;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Refusal> {
        let Some(name) = self.names.get(self.at.slot) else { return Ok(None) };
        seed.deserialize(BorrowedStrDeserializer::new(name)).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Refusal> {
        let at = self.at;
        self.at.slot += 1;
        seed.deserialize(Recorder { at, trace: self.trace })
    }
}

/// A variant of an enum: first its name, then its content.
pub(super) struct Variant<'t> {
    trace: &'t mut Trace,
    watch: &'t mut Watch,
    at: Place,
    name: &'static str,
}

impl<'t> Variant<'t> {
    pub(super) fn new(trace: &'t mut Trace, at: Place, name: &'static str, watch: &'t mut Watch) -> Self {
        Self { trace, watch, at, name }
    }

    fn form(&mut self, form: Form, parts: usize) -> Result<(), Refusal> {
        self.watch.touched = true;
        self.trace.form(self.at.node, self.at.branch, form, parts)
    }
}

impl<'de> EnumAccess<'de> for Variant<'_> {
    type Error = Refusal;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), Refusal> {
        let name = seed.deserialize(BorrowedStrDeserializer::<Refusal>::new(self.name))?;
        self.watch.named = true;
        Ok((name, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_> {
    type Error = Refusal;

    fn unit_variant(mut self) -> Result<(), Refusal> {
        self.form(Form::Unit, 0)
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(mut self, seed: S) -> Result<S::Value, Refusal> {
        self.form(Form::Newtype, 1)?;
        seed.deserialize(Recorder { at: self.at, trace: self.trace })
    }

    fn tuple_variant<V: Visitor<'de>>(mut self, len: usize, visitor: V) -> Result<V::Value, Refusal> {
        self.form(Form::Tuple(len), len)?;
        visitor.visit_seq(Elements::parts(self.trace, self.at, len, self.watch))
    }

    fn struct_variant<V: Visitor<'de>>(
        mut self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        self.form(Form::Struct(fields), fields.len())?;
        visitor.visit_seq(Elements::parts(self.trace, self.at, fields.len(), self.watch))
    }
}
