//! What is called by name in the expansion.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

use crate::options::Options;

/// Paths to what is called, and variables. These have a span of ours, so that the user's code does not see them, and they
/// shadow nothing of it.
pub(crate) struct Names {
    /// The crate `tagcache`.
    pub(crate) tagcache: TokenStream,
    /// Its part for this attribute.
    pub(crate) here: TokenStream,
    pub(crate) mode: Ident,
    pub(crate) call: Ident,
    pub(crate) cache: Ident,
    pub(crate) context: Ident,
}

impl Names {
    pub(crate) fn of(options: &Options) -> Self {
        let ours = |name| Ident::new(name, Span::mixed_site());
        let tagcache = options.tagcache();
        Self {
            here: quote!(#tagcache::__private),
            tagcache,
            mode: ours("mode"),
            call: ours("call"),
            cache: ours("cache"),
            context: ours("context"),
        }
    }

    /// The mode, where it is a parameter.
    pub(crate) fn mode(&self) -> TokenStream {
        let mode = &self.mode;
        quote!(#mode)
    }

    /// The mode of this name.
    pub(crate) fn which(&self, mode: &str) -> TokenStream {
        let (here, mode) = (&self.here, Ident::new(mode, Span::call_site()));
        quote!(#here::Mode::#mode)
    }
}
