//! What is called by name in the expansion.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Path;

use crate::options::Options;

/// Paths to what is called, and variables. These have a span of ours, so that the user's code does not see them, and they
/// shadow nothing of it.
pub(crate) struct Names {
    /// The crate `tagcache`, if it has another name here.
    tagcache: Option<Path>,
    pub(crate) mode: Ident,
    pub(crate) call: Ident,
    pub(crate) cache: Ident,
    pub(crate) context: Ident,
}

impl Names {
    pub(crate) fn of(options: &Options) -> Self {
        let ours = |name| Ident::new(name, Span::mixed_site());
        Self {
            tagcache: options.tagcache.clone(),
            mode: ours("mode"),
            call: ours("call"),
            cache: ours("cache"),
            context: ours("context"),
        }
    }

    /// The path to the crate.
    pub(crate) fn tagcache(&self) -> TokenStream {
        match &self.tagcache {
            Some(path) => quote!(#path),
            None => quote!(::tagcache),
        }
    }

    /// The path to its part for this attribute.
    pub(crate) fn here(&self) -> TokenStream {
        let tagcache = self.tagcache();
        quote!(#tagcache::__private)
    }

    /// Something of that part, called for what the user wrote at `span`: whatever is wrong with it is reported there.
    pub(crate) fn at(&self, span: Span, name: &str) -> TokenStream {
        let name = Ident::new(name, span);
        let path = self.here().into_iter().map(|mut token| {
            token.set_span(span);
            token
        });
        let path: TokenStream = path.collect();
        quote_spanned!(span=> #path::#name)
    }

    /// The mode, where it is a parameter.
    pub(crate) fn mode(&self) -> TokenStream {
        let mode = &self.mode;
        quote!(#mode)
    }

    /// The mode of this name.
    pub(crate) fn which(&self, mode: &str) -> TokenStream {
        let (here, mode) = (self.here(), Ident::new(mode, Span::call_site()));
        quote!(#here::Mode::#mode)
    }
}
