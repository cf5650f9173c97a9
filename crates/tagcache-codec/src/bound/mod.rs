//! Bounds on what a decoder may be talked into, whatever the format's own library checks.
//!
//! postcard and bincode follow nested input until the stack ends, and bincode counts to 10^18 when a
//! nine-byte input claims that many elements of size zero. JSON and CBOR check the depth of what they
//! read, but `struct A(Option<Box<A>>)` recurses in both without reading anything. So every serde
//! codec deserializes through an adapter that counts levels and elements.

mod access;
mod deserializer;
mod visitor;

use std::cell::Cell;
use std::marker::PhantomData;

use serde::de::{Deserialize, DeserializeSeed, Error};

use crate::limits::{MAX_DEPTH, MAX_EMPTY_ELEMENTS};

/// What is left to spend while one value is decoded.
pub(crate) struct Limits {
    depth: Cell<usize>,
    elements: Cell<usize>,
    exceeded: Cell<Option<&'static str>>,
    owned_as_borrowed: bool,
}

impl Limits {
    /// The limits for a value that takes up `len` bytes.
    pub(crate) fn for_input(len: usize) -> Self {
        Self {
            depth: Cell::new(MAX_DEPTH),
            elements: Cell::new(len.saturating_add(MAX_EMPTY_ELEMENTS)),
            exceeded: Cell::new(None),
            owned_as_borrowed: false,
        }
    }

    /// The same limits for a format that allocates what a string's length claims before it looks how much
    /// there is, unless it is asked for a string to borrow.
    #[cfg(feature = "bincode")]
    pub(crate) fn borrowing_strings(mut self) -> Self {
        self.owned_as_borrowed = true;
        self
    }

    /// Deserializes a value within these limits.
    pub(crate) fn seed<'de, T: Deserialize<'de>>(&self) -> impl DeserializeSeed<'de, Value = T> {
        self.around(PhantomData)
    }

    /// Which limit ended the decoding, as the end of a sentence, if one did.
    pub(crate) fn exceeded(&self) -> Option<&'static str> {
        self.exceeded.get()
    }

    fn one_level_down<R, E: Error>(&self, run: impl FnOnce() -> Result<R, E>) -> Result<R, E> {
        let Some(left) = self.depth.get().checked_sub(1) else {
            return Err(self.exceed("they nest too deeply"));
        };
        self.depth.set(left);
        let result = run();
        self.depth.set(left + 1);
        result
    }

    fn one_element<E: Error>(&self) -> Result<(), E> {
        let Some(left) = self.elements.get().checked_sub(1) else {
            return Err(self.exceed("they claim too many empty elements"));
        };
        self.elements.set(left);
        Ok(())
    }

    fn exceed<E: Error>(&self, what: &'static str) -> E {
        self.exceeded.set(Some(what));
        E::custom(what)
    }
}

/// Any of serde's roles (deserializer, visitor, access, seed), kept within limits. `counted` is set where
/// the number of elements comes from the input and not from the type.
struct Bounded<'l, X> {
    inner: X,
    limits: &'l Limits,
    counted: bool,
}

impl Limits {
    /// Puts these limits around one of serde's roles.
    fn around<X>(&self, inner: X) -> Bounded<'_, X> {
        Bounded { inner, limits: self, counted: false }
    }

    /// The same for a role whose elements are counted.
    fn counting<X>(&self, inner: X) -> Bounded<'_, X> {
        Bounded { inner, limits: self, counted: true }
    }
}
