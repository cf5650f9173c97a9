//! The function under the attribute, taken apart.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned;
use syn::{Attribute, FnArg, Receiver, ReturnType, Signature, Token, Type, Visibility};

use crate::bindings;

/// A function or method. Its body stays as it is, unread: whatever Rust allows there is allowed.
pub(crate) struct Function {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) sig: Signature,
    /// With its braces.
    pub(crate) body: TokenStream,
    pub(crate) output: Type,
}

impl Function {
    pub(crate) fn receiver(&self) -> Option<&Receiver> {
        self.sig.receiver()
    }

    /// The names by which the body knows its arguments, but for `self`.
    pub(crate) fn arguments(&self) -> Vec<Ident> {
        let patterns = self.sig.inputs.iter().filter_map(|input| match input {
            FnArg::Typed(argument) => Some(&*argument.pat),
            FnArg::Receiver(_) => None,
        });
        patterns.flat_map(bindings::names).collect()
    }

    /// Whether it can be seen that it stands in an `impl` or a trait.
    pub(crate) fn mentions_self_type(&self) -> bool {
        let sig = &self.sig;
        self.receiver().is_some()
            || mentions(sig.to_token_stream(), "Self")
            || mentions(self.body.clone(), "Self")
    }
}

/// Whether a word stands anywhere in there.
pub(crate) fn mentions(tokens: TokenStream, word: &str) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == word,
        TokenTree::Group(group) => mentions(group.stream(), word),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        let sig = signature(input)?;
        if input.peek(Token![;]) {
            let message = "there is no body to cache; put `#[cached]` on the method in each `impl`, or on one with a \
                           default body";
            return Err(input.error(message));
        }
        let output = output(&sig)?;
        check(&sig)?;
        Ok(Self { attrs, vis, sig, body: input.parse()?, output })
    }
}

fn signature(input: ParseStream<'_>) -> syn::Result<Signature> {
    let begins = input.peek(Token![const])
        || input.peek(Token![async])
        || input.peek(Token![unsafe])
        || input.peek(Token![extern])
        || input.peek(Token![fn]);
    if !begins {
        return Err(input.error("`#[cached]` goes on a function or a method"));
    }
    input.parse()
}

/// What is said about the function as such, before anything is said about the attribute.
fn check(sig: &Signature) -> syn::Result<()> {
    if let Some(token) = &sig.constness {
        return Err(syn::Error::new(
            token.span,
            "a `const fn` cannot be cached: it may run where there are no files",
        ));
    }
    if let Some(variadic) = &sig.variadic {
        return Err(syn::Error::new(variadic.span(), "a function with variable arguments cannot be cached"));
    }
    Ok(())
}

fn output(sig: &Signature) -> syn::Result<Type> {
    let nothing =
        |span: Span| Err(syn::Error::new(span, "there is nothing to cache: give the function a return type"));
    let ReturnType::Type(_, output) = &sig.output else { return nothing(sig.ident.span()) };
    match &**output {
        Type::Tuple(unit) if unit.elems.is_empty() => nothing(output.span()),
        Type::Never(never) => nothing(never.span()),
        Type::ImplTrait(hidden) => Err(syn::Error::new(
            hidden.span(),
            "a cached value is written to a file and read back, so its type needs a name; `impl Trait` has none",
        )),
        Type::Reference(borrowed) => Err(syn::Error::new(
            borrowed.span(),
            "a cached value is read from a file and belongs to the caller: return an owned type, such as `String` \
             for `&str`",
        )),
        owned => Ok(owned.clone()),
    }
}
