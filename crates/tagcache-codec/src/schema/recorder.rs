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
            self.trace.within(self.at, $kind, type_name::<V>(), |trace, entered| {
                let mut watch = Watch::default();
                visitor.visit_seq(Elements::parts(trace, Place::first(entered.node), $parts, &mut watch))
            })
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
        self.trace.within(self.at, Kind::Unit(name), type_name::<V>(), |_, _| visitor.visit_unit())
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        self.trace.within(self.at, Kind::Newtype(name), type_name::<V>(), |trace, entered| {
            visitor.visit_newtype_struct(Recorder { at: Place::first(entered.node), trace })
        })
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        self.trace.within(self.at, Kind::Option, type_name::<V>(), |trace, entered| match entered.again {
            true => visitor.visit_none(),
            false => visitor.visit_some(Recorder { at: Place::first(entered.node), trace }),
        })
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        self.trace.within(self.at, Kind::Seq, type_name::<V>(), |trace, entered| {
            let len = if entered.again { 0 } else { trace.nodes[entered.node].elements };
            let mut watch = Watch::default();
            let at = Place::first(entered.node);
            let outcome = visitor.visit_seq(Elements::alike(trace, at, len, &mut watch));
            if outcome.is_err() && watch.ran_dry {
                trace.lengthen(entered.node);
            }
            outcome
        })
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        self.trace.within(self.at, Kind::Map, type_name::<V>(), |trace, entered| {
            let mut watch = Watch::default();
            visitor.visit_map(Entry::new(trace, Place::first(entered.node), entered.again, &mut watch))
        })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        self.trace.within(self.at, Kind::Struct(name, fields), type_name::<V>(), |trace, entered| {
            let at = Place::first(entered.node);
            if trace.nodes[entered.node].by_name {
                return visitor.visit_map(Fields::new(trace, at, fields));
            }
            let mut watch = Watch::default();
            let outcome = visitor.visit_seq(Elements::parts(trace, at, fields.len(), &mut watch));
            if outcome.is_err() && !watch.touched {
                trace.by_name(entered.node);
            }
            outcome
        })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        self.trace.within(self.at, Kind::Enum(name, variants), type_name::<V>(), |trace, entered| {
            let branch = trace.choose(entered)?;
            let at = Place { node: entered.node, branch, slot: 0 };
            let mut watch = Watch::default();
            let outcome = visitor.visit_enum(Variant::new(trace, at, variants[branch], &mut watch));
            if outcome.is_err() && watch.named && !watch.touched {
                trace.refuse(entered.node, branch);
            }
            outcome
        })
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        // serde buffers here what it looks at twice, and the shape behind the buffer is out of sight.
        if type_name::<V>().contains("::de::content::") {
            return self.trace.hide(BUFFERED);
        }
        self.trace.within(self.at, Kind::Any, type_name::<V>(), |trace, entered| {
            let branch = trace.choose(entered)?;
            anything(trace, entered, branch, visitor)
        })
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Refusal> {
        self.trace.hide(BUFFERED)
    }

    fn is_human_readable(&self) -> bool {
        self.trace.human_readable
    }
}

/// Gives the visitor what `branch` of [`ANY`] stands for, or learns that it does not take that.
fn anything<'de, V: Visitor<'de>>(
    trace: &mut Trace,
    entered: &Entered,
    branch: usize,
    visitor: V,
) -> Result<V::Value, Refusal> {
    let at = Place { node: entered.node, branch, slot: 0 };
    let mut watch = Watch::default();
    let outcome = match ANY[branch] {
        "seq" => {
            let len = usize::from(!entered.again);
            visitor.visit_seq(Elements::alike(trace, at, len, &mut watch))
        }
        "map" => visitor.visit_map(Entry::new(trace, at, entered.again, &mut watch)),
        "str" => {
            let pick = trace.leaf(at, "str", TEXTS.len())?;
            watch.touched = !trace.is_last_candidate(at);
            visitor.visit_borrowed_str(TEXTS[pick])
        }
        "bool" => visitor.visit_bool(false),
        "u64" => visitor.visit_u64(0),
        "i64" => visitor.visit_i64(-1),
        "f64" => visitor.visit_f64(0.0),
        _ => visitor.visit_unit(),
    };
    if outcome.is_err() && !watch.touched {
        trace.refuse(entered.node, branch);
    }
    outcome
}
