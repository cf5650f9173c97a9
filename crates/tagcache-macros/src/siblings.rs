//! The functions beside the cached one: the same without the cache, and the same computed anew.
//!
//! They stand where the function stands, so the three share its body through a fourth, hidden one, which is told which
//! of them was called. Without siblings there is no hidden one either.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, FnArg, GenericParam, Pat, PatIdent, ReceiverKind, Signature, Token, parse_quote};

use crate::function::Function;

/// The name that the user gives a sibling: `name`, or `Self::name` for a function in an `impl` that says so nowhere
/// else.
pub(crate) struct Sibling {
    pub(crate) name: Ident,
    pub(crate) on_self: bool,
}

impl Parse for Sibling {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let on_self = input.peek(Token![Self]);
        if on_self {
            input.parse::<Token![Self]>()?;
            input.parse::<Token![::]>()?;
        }
        let name = input.parse().map_err(|error| {
            syn::Error::new(error.span(), "give it a name: `name`, or `Self::name` in an `impl`")
        })?;
        Ok(Self { name, on_self })
    }
}

/// The name of the hidden function. The runtime takes the prefix out of the default key.
pub(crate) fn hidden_name(function: &Function) -> Ident {
    format_ident!("__tagcache_{}", function.sig.ident, span = Span::call_site())
}

/// The signature with a name for every argument, so that it can be handed on, and the names.
pub(crate) fn plain(sig: &Signature) -> (Signature, Vec<Ident>) {
    let mut sig = sig.clone();
    let mut names = Vec::new();
    for (number, input) in sig.inputs.iter_mut().enumerate() {
        match input {
            FnArg::Receiver(receiver) => {
                // `mut self` is a matter of the body, `&mut self` is not.
                if !matches!(receiver.kind, ReceiverKind::Reference(..)) {
                    receiver.mutability = None;
                }
                names.push(Ident::new("self", receiver.self_token.span));
            }
            FnArg::Typed(argument) => {
                let name = match &*argument.pat {
                    Pat::Ident(PatIdent { ident, .. }) => ident.clone(),
                    _ => format_ident!("argument_{number}", span = Span::mixed_site()),
                };
                *argument.pat = parse_quote!(#name);
                names.push(name);
            }
        }
    }
    (sig, names)
}

/// The type and const parameters, for a call that hands them on: they need not follow from the arguments.
pub(crate) fn turbofish(sig: &Signature) -> TokenStream {
    let parameters: Vec<&Ident> = sig
        .generics
        .params
        .iter()
        .filter_map(|parameter| match parameter {
            GenericParam::Type(parameter) => Some(&parameter.ident),
            GenericParam::Const(parameter) => Some(&parameter.ident),
            _ => None,
        })
        .collect();
    if parameters.is_empty() { TokenStream::new() } else { quote!(::<#(#parameters),*>) }
}

/// The attributes that a sibling must share: whether it is there at all, and what the compiler says about it.
pub(crate) fn shared_attributes(attrs: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    const SHARED: [&str; 7] = ["cfg", "allow", "warn", "deny", "forbid", "must_use", "deprecated"];
    attrs.iter().filter(|attr| SHARED.iter().any(|shared| attr.path().is_ident(shared)))
}
