//! A deserializer that counts the levels below it.

use serde::de::{Deserializer, Visitor};

use super::Bounded;

/// Scalars cannot nest: their visitor needs no bounds.
macro_rules! scalars {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
            self.inner.$method(visitor)
        }
    )*};
}

/// One level down, with a visitor that stays within the limits; `$wrap` says whether its elements count.
macro_rules! nested {
    ($($method:ident($($name:ident: $of:ty),*) $wrap:ident;)*) => {$(
        fn $method<V: Visitor<'de>>(self, $($name: $of,)* visitor: V) -> Result<V::Value, Self::Error> {
            let Self { inner, limits, .. } = self;
            limits.one_level_down(|| inner.$method($($name,)* limits.$wrap(visitor)))
        }
    )*};
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Bounded<'_, D> {
    type Error = D::Error;

    scalars! {
        deserialize_bool deserialize_char deserialize_str deserialize_identifier deserialize_unit
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
        deserialize_f32 deserialize_f64
    }

    nested! {
        deserialize_any() counting;
        deserialize_ignored_any() counting;
        deserialize_bytes() counting;
        deserialize_option() around;
        deserialize_unit_struct(name: &'static str) around;
        deserialize_newtype_struct(name: &'static str) around;
        deserialize_seq() counting;
        deserialize_map() counting;
        deserialize_tuple(len: usize) around;
        deserialize_tuple_struct(name: &'static str, len: usize) around;
        deserialize_struct(name: &'static str, fields: &'static [&'static str]) around;
        deserialize_enum(name: &'static str, variants: &'static [&'static str]) around;
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        if self.limits.owned_as_borrowed {
            return self.inner.deserialize_str(visitor);
        }
        self.inner.deserialize_string(visitor)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        if self.limits.owned_as_borrowed {
            return self.deserialize_bytes(visitor);
        }
        let Self { inner, limits, .. } = self;
        limits.one_level_down(|| inner.deserialize_byte_buf(limits.counting(visitor)))
    }

    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }
}
