//! The options that are a method of `Policy`.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::Expr;
use syn::spanned::Spanned;

use crate::duration;
use crate::names::Names;

/// The name of the option, the method, and what it takes.
const KNOBS: [(&str, &str, Takes); 10] = [
    ("expire", "expire_in", Takes::Time),
    ("expire_at", "expire_at", Takes::Value),
    ("jitter", "jitter", Takes::Value),
    ("refresh_early", "refresh_early", Takes::Value),
    ("stale_while_refresh", "stale_while_refresh", Takes::Value),
    ("keep_stale", "keep_stale", Takes::Time),
    ("stale_if_error", "stale_if_error", Takes::Time),
    ("retry_after", "retry_after", Takes::TwoTimes),
    ("wait_limit", "wait_limit", Takes::Time),
    ("after_wait", "after_wait", Takes::Value),
];

#[derive(Clone, Copy)]
enum Takes {
    Value,
    Time,
    /// In parentheses.
    TwoTimes,
}

/// A call of one of the methods.
pub(crate) struct Knob {
    method: Ident,
    arguments: Arguments,
}

enum Arguments {
    Value(Expr),
    Times(Vec<TokenStream>),
}

/// The names of all of them.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    KNOBS.iter().map(|(name, ..)| *name)
}

impl Knob {
    /// `None` if there is none of this name.
    pub(crate) fn read(name: &Ident, value: impl FnOnce() -> syn::Result<Expr>) -> Option<syn::Result<Self>> {
        let (_, method, takes) = KNOBS.iter().find(|(known, ..)| name == known)?;
        let method = Ident::new(method, name.span());
        Some(value().and_then(|value| Ok(Self { method, arguments: arguments(*takes, value)? })))
    }

    /// As it stands behind a policy.
    pub(crate) fn call(&self, names: &Names) -> TokenStream {
        let method = &self.method;
        match &self.arguments {
            Arguments::Value(value) => quote!(.#method(#value)),
            Arguments::Times(times) => {
                let time = names.at(method.span(), "time");
                quote!(.#method(#(#time(#times)),*))
            }
        }
    }
}

fn arguments(takes: Takes, value: Expr) -> syn::Result<Arguments> {
    Ok(match (takes, value) {
        (Takes::Value, value) => Arguments::Value(value),
        (Takes::Time, value) => Arguments::Times(vec![duration::written_out(&value)?]),
        (Takes::TwoTimes, Expr::Tuple(times)) if times.elems.len() == 2 => {
            Arguments::Times(times.elems.iter().map(duration::written_out).collect::<syn::Result<_>>()?)
        }
        (Takes::TwoTimes, value) => {
            let message = "two times are wanted: the first and the longest, as in `(1s, 1m)`";
            return Err(syn::Error::new(value.span(), message));
        }
    })
}
