//! A deserializer that has no input: it notes what it is asked for and makes something up.

use std::any::type_name;

use serde::de::{Deserializer, Visitor};

use super::access::{Elements, Entry, Fields, Variant, Watch};
use super::candidates::{BYTES, CHARS, NUMBERS, TEXTS};
use super::node::{ANY, Kind};
use super::trace::{Entered, Place, Refusal, Trace};

const BUFFERED: &str = "something in it is untagged, internally or adjacently tagged or flattened";

pub(super) struct Recorder<'t> {
    pub(super) at: Place,
    pub(super) trace: &'t mut Trace,
}

macro_rules! numbers {
    ($($method:ident $visit:ident $of:ident;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
            let pick = self.trace.leaf(self.at, stringify!($of), NUMBERS.len())?;
            visitor.$visit($of::try_from(NUMBERS[pick]).unwrap_or_default())
        }
    )*};
}

/// Named structs and tuples: their parts come in order, as many as the type says.
macro_rules! products {
    ($($method:ident($($name:ident: $of:ty),*) $kind:expr, $parts:expr;)*) => {$(
        fn $method<V: Visitor<'de>>(self, $($name: $of,)* visitor: V) -> Result<V::Value, Refusal> {
            let Entered { node, .. } = self.trace.enter(self.at, $kind, type_name::<V>())?;
            let mut watch = Watch::default();
            let value = visitor.visit_seq(Elements::parts(self.trace, Place::first(node), $parts, &mut watch))?;
            self.trace.leave();
            Ok(value)
        }
    )*};
}

impl<'de> Deserializer<'de> for Recorder<'_> {
    type Error = Refusal;

    numbers! {
        deserialize_i8 visit_i8 i8;
        deserialize_i16 visit_i16 i16;
        deserialize_i32 visit_i32 i32;
        deserialize_i64 visit_i64 i64;
        deserialize_i128 visit_i128 i128;
        deserialize_u8 visit_u8 u8;
        deserialize_u16 visit_u16 u16;
        deserialize_u32 visit_u32 u32;
        deserialize_u64 visit_u64 u64;
        deserialize_u128 visit_u128 u128;
        deserialize_f32 visit_f32 f32;
        deserialize_f64 visit_f64 f64;
    }

    products! {
        deserialize_tuple(len: usize) Kind::Tuple(len), len;
        deserialize_tuple_struct(name: &'static str, len: usize) Kind::TupleStruct(name, len), len;
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        let pick = self.trace.leaf(self.at, "bool", 2)?;
        visitor.visit_bool(pick == 1)
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        let pick = self.trace.leaf(self.at, "char", CHARS.len())?;
        visitor.visit_char(CHARS[pick])
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        let pick = self.trace.leaf(self.at, "str", TEXTS.len())?;
        visitor.visit_borrowed_str(TEXTS[pick])
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        let pick = self.trace.leaf(self.at, "str", TEXTS.len())?;
        visitor.visit_string(TEXTS[pick].to_owned())
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        let pick = self.trace.leaf(self.at, "bytes", BYTES.len())?;
        visitor.visit_borrowed_bytes(BYTES[pick])
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        let pick = self.trace.leaf(self.at, "bytes", BYTES.len())?;
        visitor.visit_byte_buf(BYTES[pick].to_vec())
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        self.trace.leaf(self.at, "unit", 1)?;
        visitor.visit_unit()
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        self.trace.leaf(self.at, "ignored", 1)?;
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        self.trace.enter(self.at, Kind::Unit(name), type_name::<V>())?;
        let value = visitor.visit_unit()?;
        self.trace.leave();
        Ok(value)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        let Entered { node, .. } = self.trace.enter(self.at, Kind::Newtype(name), type_name::<V>())?;
        let at = Place::first(node);
        let value = visitor.visit_newtype_struct(Recorder { at, trace: self.trace })?;
        self.trace.leave();
        Ok(value)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        let Entered { node, again } = self.trace.enter(self.at, Kind::Option, type_name::<V>())?;
        let at = Place::first(node);
        let value = match again {
            true => visitor.visit_none()?,
            false => visitor.visit_some(Recorder { at, trace: self.trace })?,
        };
        self.trace.leave();
        Ok(value)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        let Entered { node, again } = self.trace.enter(self.at, Kind::Seq, type_name::<V>())?;
        let len = if again { 0 } else { self.trace.nodes[node].elements };
        let mut watch = Watch::default();
        let outcome = visitor.visit_seq(Elements::alike(self.trace, Place::first(node), len, &mut watch));
        if outcome.is_err() && watch.ran_dry {
            self.trace.lengthen(node);
        }
        let value = outcome?;
        self.trace.leave();
        Ok(value)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        let Entered { node, again } = self.trace.enter(self.at, Kind::Map, type_name::<V>())?;
        let mut watch = Watch::default();
        let value = visitor.visit_map(Entry::new(self.trace, Place::first(node), again, &mut watch))?;
        self.trace.leave();
        Ok(value)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        let Entered { node, .. } = self.trace.enter(self.at, Kind::Struct(name, fields), type_name::<V>())?;
        let value = if self.trace.nodes[node].by_name {
            visitor.visit_map(Fields::new(self.trace, node, fields))?
        } else {
            let mut watch = Watch::default();
            let parts = Elements::parts(self.trace, Place::first(node), fields.len(), &mut watch);
            let outcome = visitor.visit_seq(parts);
            if outcome.is_err() && !watch.touched {
                self.trace.by_name(node);
            }
            outcome?
        };
        self.trace.leave();
        Ok(value)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        let entered = self.trace.enter(self.at, Kind::Enum(name, variants), type_name::<V>())?;
        let branch = self.trace.choose(&entered)?;
        let mut watch = Watch::default();
        let at = Place { node: entered.node, branch, slot: 0 };
        let outcome = visitor.visit_enum(Variant::new(self.trace, at, variants[branch], &mut watch));
        if outcome.is_err() && watch.named && !watch.touched {
            self.trace.refuse(entered.node, branch);
        }
        let value = outcome?;
        self.trace.leave();
        Ok(value)
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        // serde buffers here what it looks at twice, and the shape behind the buffer is out of sight.
        if type_name::<V>().contains("::de::content::") {
            return self.trace.hide(BUFFERED);
        }
        let entered = self.trace.enter(self.at, Kind::Any, type_name::<V>())?;
        let branch = self.trace.choose(&entered)?;
        self.anything(&entered, branch, visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Refusal> {
        self.trace.hide(BUFFERED)
    }

    fn is_human_readable(&self) -> bool {
        self.trace.human_readable
    }
}

impl Recorder<'_> {
    /// Gives the visitor what `branch` of [`ANY`] stands for, or learns that it does not take that.
    fn anything<'de, V: Visitor<'de>>(
        self,
        entered: &Entered,
        branch: usize,
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        let at = Place { node: entered.node, branch, slot: 0 };
        let (kind, trace) = (ANY[branch], self.trace);
        let mut watch = Watch::default();
        let outcome = match kind {
            "seq" => {
                let len = usize::from(!entered.again);
                visitor.visit_seq(Elements::alike(trace, at, len, &mut watch))
            }
            "map" => visitor.visit_map(Entry::new(trace, at, entered.again, &mut watch)),
            "str" => {
                let pick = trace.leaf(at, kind, TEXTS.len())?;
                watch.touched = !trace.is_last_candidate(at);
                visitor.visit_borrowed_str(TEXTS[pick])
            }
            "bool" => visitor.visit_bool(false),
            "u64" => visitor.visit_u64(0),
            "i64" => visitor.visit_i64(-1),
            "f64" => visitor.visit_f64(0.0),
            _ => visitor.visit_unit(),
        };
        match outcome {
            Ok(_) => trace.leave(),
            Err(_) if watch.touched => {}
            Err(_) => trace.refuse(entered.node, branch),
        }
        outcome
    }
}
