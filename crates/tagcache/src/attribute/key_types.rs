//! Which types of the standard library may be part of a key, and how each is written.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use super::key_part::{KeyPart, KeyPlace, ROUND, SQUARE, Written};

/// Their `Display` is a number or a word.
macro_rules! plain {
    ($($plain:ty),*) => {$(
        impl KeyPart for $plain {
            fn write(&self, place: KeyPlace<'_>) -> Written {
                place.plain(format_args!("{self}"))
            }
        }
    )*};
}
plain!(u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize, bool);

macro_rules! non_zero {
    ($($number:ty),*) => {$(
        impl KeyPart for NonZero<$number> {
            fn write(&self, place: KeyPlace<'_>) -> Written {
                self.get().write(place)
            }
        }
    )*};
}
non_zero!(u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize);

/// By its bits, since their text is the same for all compilers, and tells every value apart: `0.0` and `-0.0` too.
macro_rules! float {
    ($($float:ty),*) => {$(
        impl KeyPart for $float {
            fn write(&self, place: KeyPlace<'_>) -> Written {
                place.plain(format_args!("{:#x}", self.to_bits()))
            }
        }
    )*};
}
float!(f32, f64);

impl KeyPart for char {
    fn write(&self, place: KeyPlace<'_>) -> Written {
        self.encode_utf8(&mut [0; 4]).write(place)
    }
}

impl KeyPart for str {
    fn write(&self, place: KeyPlace<'_>) -> Written {
        place.quoted(self.as_bytes())
    }
}

impl KeyPart for OsStr {
    fn write(&self, place: KeyPlace<'_>) -> Written {
        place.quoted(self.as_encoded_bytes())
    }
}

impl KeyPart for Path {
    fn write(&self, place: KeyPlace<'_>) -> Written {
        self.as_os_str().write(place)
    }
}

/// Owned forms, written like what they hold.
macro_rules! owned {
    ($($owned:ty => $held:ty),*) => {$(
        impl KeyPart for $owned {
            fn write(&self, place: KeyPlace<'_>) -> Written {
                <$held>::write(self, place)
            }
        }
    )*};
}
owned!(String => str, OsString => OsStr, PathBuf => Path);

/// Their text holds points and colons, so it stands in quotes.
macro_rules! address {
    ($($address:ty),*) => {$(
        impl KeyPart for $address {
            fn write(&self, place: KeyPlace<'_>) -> Written {
                self.to_string().write(place)
            }
        }
    )*};
}
address!(IpAddr, Ipv4Addr, Ipv6Addr);

impl KeyPart for Duration {
    fn write(&self, place: KeyPlace<'_>) -> Written {
        (self.as_secs(), self.subsec_nanos()).write(place)
    }
}

/// What only points to a value is written like it.
macro_rules! transparent {
    ($($pointer:ty),*) => {$(
        impl<T: KeyPart + ?Sized> KeyPart for $pointer {
            fn write(&self, place: KeyPlace<'_>) -> Written {
                T::write(self, place)
            }
        }
    )*};
}
transparent!(&T, &mut T, Box<T>, Rc<T>, Arc<T>);

impl<T: KeyPart + ToOwned + ?Sized> KeyPart for Cow<'_, T> {
    fn write(&self, place: KeyPlace<'_>) -> Written {
        T::write(self, place)
    }
}

/// An empty list, or a list of one.
impl<T: KeyPart> KeyPart for Option<T> {
    fn write(&self, place: KeyPlace<'_>) -> Written {
        place.several(SQUARE, self)
    }
}

impl<T: KeyPart> KeyPart for [T] {
    fn write(&self, place: KeyPlace<'_>) -> Written {
        place.several(SQUARE, self)
    }
}

impl<T: KeyPart, const N: usize> KeyPart for [T; N] {
    fn write(&self, place: KeyPlace<'_>) -> Written {
        self.as_slice().write(place)
    }
}

impl<T: KeyPart> KeyPart for Vec<T> {
    fn write(&self, place: KeyPlace<'_>) -> Written {
        self.as_slice().write(place)
    }
}

impl<T: KeyPart> KeyPart for BTreeSet<T> {
    fn write(&self, place: KeyPlace<'_>) -> Written {
        place.several(SQUARE, self)
    }
}

/// A list of key, value, key, value: as many of the one as of the other.
impl<K: KeyPart, V: KeyPart> KeyPart for BTreeMap<K, V> {
    fn write(&self, place: KeyPlace<'_>) -> Written {
        let both = self.iter().flat_map(|(key, value)| [key as &dyn KeyPart, value as &dyn KeyPart]);
        place.several(SQUARE, both)
    }
}

impl KeyPart for () {
    fn write(&self, place: KeyPlace<'_>) -> Written {
        place.plain(format_args!("()"))
    }
}

macro_rules! tuple {
    ($($part:ident)*) => {
        impl<$($part: KeyPart),*> KeyPart for ($($part,)*) {
            #[allow(non_snake_case)] // each variable has the name of its type
            fn write(&self, place: KeyPlace<'_>) -> Written {
                let ($($part,)*) = self;
                place.several(ROUND, [$($part as &dyn KeyPart),*])
            }
        }
    };
}
tuple!(A);
tuple!(A B);
tuple!(A B C);
tuple!(A B C D);
tuple!(A B C D E);
tuple!(A B C D E F);
tuple!(A B C D E F G);
tuple!(A B C D E F G H);
tuple!(A B C D E F G H I);
tuple!(A B C D E F G H I J);
tuple!(A B C D E F G H I J K);
tuple!(A B C D E F G H I J K L);
