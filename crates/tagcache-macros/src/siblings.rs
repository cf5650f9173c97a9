//! The functions beside the cached one: the same without the cache, and the same computed anew.
//!
//! They stand where the function stands, so the three share its body through a fourth, hidden one, which is told which
//! of them was called. Without siblings there is no hidden one either.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, FnArg, GenericParam, Pat, PatIdent, ReceiverKind, Signature, Token, parse_quote};

use crate::function::Function;
use crate::names::Names;
use crate::options::Options;

/// The name that the user gives a sibling: `name`, or `Self::name` for a function in an `impl` that says so nowhere
/// else.
pub(crate) struct Sibling {
    name: Ident,
    on_self: bool,
}

impl Parse for Sibling {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let on_self = input.peek(Token![Self]);
        if on_self {
            input.parse::<Token![Self]>()?;
            input.parse::<Token![::]>()?;
        }
        let name = input.parse().map_err(|error| {
            syn::Error::new(error.span(), "this is a name to give: `name`, or `Self::name` in an `impl`")
        })?;
        Ok(Self { name, on_self })
    }
}

/// The function and its siblings, which all call the one with this body.
pub(crate) fn with_siblings(
    options: &Options,
    function: &Function,
    names: &Names,
    body: &TokenStream,
) -> TokenStream {
    let family = Family { function, names, in_impl: in_impl(options, function) };
    let attrs = &function.attrs;
    let main = family.calling(&function.sig.ident, "Cached");
    let uncached = options
        .uncached
        .iter()
        .map(|sibling| family.beside(sibling, "Uncached", "computed for this call, and not stored"));
    let refresh = options.refresh.iter().map(|sibling| {
        family.beside(sibling, "Refresh", "computed and stored also where there is a fresh value")
    });
    let hidden = family.hidden(body);
    quote!(#(#attrs)* #main #(#uncached)* #(#refresh)* #hidden)
}

/// A function without `self` does not show where it stands, unless it, or the name of a sibling, says `Self`.
fn in_impl(options: &Options, function: &Function) -> bool {
    let said = |sibling: &Option<Sibling>| sibling.as_ref().is_some_and(|sibling| sibling.on_self);
    function.mentions_self_type() || said(&options.uncached) || said(&options.refresh)
}

struct Family<'a> {
    function: &'a Function,
    names: &'a Names,
    in_impl: bool,
}

impl Family<'_> {
    /// A sibling, with what it must share with the function.
    fn beside(&self, sibling: &Sibling, mode: &str, what: &str) -> TokenStream {
        let name = &self.function.sig.ident;
        let link = if self.in_impl { format!("Self::{name}") } else { name.to_string() };
        let doc = format!(" As [`{name}`]({link}), {what}.");
        let attrs = shared_attributes(&self.function.attrs);
        let calling = self.calling(&sibling.name, mode);
        quote!(#[doc = #doc] #(#attrs)* #calling)
    }

    /// A function of this name that calls the hidden one.
    fn calling(&self, name: &Ident, mode: &str) -> TokenStream {
        let (mut sig, arguments) = plain(&self.function.sig);
        sig.ident = name.clone();
        let (hidden, turbofish) = (self.hidden_name(), turbofish(&sig));
        let path = if self.in_impl { quote!(Self::#hidden) } else { quote!(#hidden) };
        let (vis, mode) = (&self.function.vis, self.names.which(mode));
        let wait = sig.asyncness.map(|_| quote!(.await));
        quote!(#vis #sig { #path #turbofish(#(#arguments,)* #mode) #wait })
    }

    /// The function that has the body, and is told which one was called.
    fn hidden(&self, body: &TokenStream) -> TokenStream {
        let (here, mode) = (self.names.here(), &self.names.mode);
        let attrs =
            shared_attributes(&self.function.attrs).filter(|attr| !attr.path().is_ident("deprecated"));
        let mut sig = self.function.sig.clone();
        sig.ident = self.hidden_name();
        let told: FnArg = parse_quote!(#mode: #here::Mode);
        sig.inputs.push(told);
        quote!(#[doc(hidden)] #[allow(clippy::too_many_arguments)] #(#attrs)* #sig { #body })
    }

    /// The runtime takes the prefix out of the default key.
    fn hidden_name(&self) -> Ident {
        format_ident!("__tagcache_{}", self.function.sig.ident, span = Span::call_site())
    }
}

/// The signature with a name for every argument, so that it can be handed on, and the names.
fn plain(sig: &Signature) -> (Signature, Vec<Ident>) {
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
fn turbofish(sig: &Signature) -> TokenStream {
    let parameters = sig.generics.params.iter().filter_map(|parameter| match parameter {
        GenericParam::Type(parameter) => Some(&parameter.ident),
        GenericParam::Const(parameter) => Some(&parameter.ident),
        _ => None,
    });
    let parameters: Vec<&Ident> = parameters.collect();
    if parameters.is_empty() { TokenStream::new() } else { quote!(::<#(#parameters),*>) }
}

/// The attributes that a sibling must share: whether it is there at all, and what the compiler says about it.
fn shared_attributes(attrs: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    const SHARED: [&str; 7] = ["cfg", "allow", "warn", "deny", "forbid", "must_use", "deprecated"];
    attrs.iter().filter(|attr| SHARED.iter().any(|shared| attr.path().is_ident(shared)))
}
