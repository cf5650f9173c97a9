//! The key of a call: what its value depends on.
//!
//! A cache that leaves an argument out of the key gives the value of one call to another one. So every argument is in
//! the key, or in `ignore(…)`, and whatever is in neither is an error.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Expr, Receiver};

use crate::function::Function;
use crate::names::Names;
use crate::options::Options;

/// The expression for the key.
pub(crate) fn expression(options: &Options, function: &Function, names: &Names) -> syn::Result<TokenStream> {
    let arguments = function.arguments();
    check_ignored(options, &arguments, function.receiver())?;
    let counted: Vec<&Ident> =
        arguments.iter().filter(|argument| !options.ignore.contains(argument)).collect();
    let Some(key) = &options.key else {
        check_receiver(options, function)?;
        return Ok(by_default(options, &counted, names));
    };
    check_mentioned(&quote!(#key), &counted)?;
    let made = names.at(first_span(key), maker(key));
    Ok(quote!(#made(#key)))
}

/// What makes a key of it.
fn maker(key: &Expr) -> &'static str {
    match key {
        Expr::Tuple(_) => "key_of_parts",
        Expr::Lit(_) => "key_of_literal",
        _ => "key_of_bytes",
    }
}

/// The path of the function, then what is included, then the arguments.
fn by_default(options: &Options, arguments: &[&Ident], names: &Names) -> TokenStream {
    let included = options.include.iter().map(|part| {
        let span = first_span(part);
        let made = names.at(span, "part");
        quote_spanned!(span=> #made(&(#part)))
    });
    // A type that is no `KeyPart` is reported at the argument.
    let arguments = arguments.iter().map(|argument| {
        let span = argument.span();
        let made = names.at(span, "part");
        quote_spanned!(span=> #made(&#argument))
    });
    let (here, parts) = (names.here(), included.chain(arguments));
    // A closure has no state here, and a type whose name says where it stands.
    quote!(#here::key_of_call(&|| {}, &[#(#parts),*]))
}

fn check_ignored(options: &Options, arguments: &[Ident], receiver: Option<&Receiver>) -> syn::Result<()> {
    for ignored in &options.ignore {
        let known = arguments.contains(ignored) || (ignored == "self" && receiver.is_some());
        if !known {
            return Err(syn::Error::new(
                ignored.span(),
                format!("there is no argument `{ignored}` to ignore"),
            ));
        }
    }
    Ok(())
}

fn check_mentioned(key: &TokenStream, arguments: &[&Ident]) -> syn::Result<()> {
    for argument in arguments {
        if !mentioned(key.clone(), &argument.to_string()) {
            return Err(syn::Error::new(
                argument.span(),
                format!(
                    "`{argument}` is not part of the key, so calls with different ones would be given the same value: \
                     put it in, as in `key = (\"name\", {argument})`, or write `ignore({argument})` in the attribute"
                ),
            ));
        }
    }
    Ok(())
}

/// With a key by default it cannot be seen whether the value depends on `self`; it is one argument of many.
fn check_receiver(options: &Options, function: &Function) -> syn::Result<()> {
    let Some(receiver) = function.receiver() else { return Ok(()) };
    let included = options.include.iter().any(|part| mentioned(part.to_token_stream(), "self"));
    if included || options.ignore.iter().any(|ignored| ignored == "self") {
        return Ok(());
    }
    Err(syn::Error::new(
        receiver.self_token.span,
        "does the value depend on `self`? If it does, add what it depends on to the key, as in `include(self.id)`; \
         if not, write `ignore(self)`; or give a `key`",
    ))
}

/// Whether a name is used in there, also as `{name}` within a string that a macro such as `format!` reads. To everybody
/// else a string is but text: `"post/{id}"` alone is one key for all posts.
fn mentioned(tokens: TokenStream, name: &str) -> bool {
    let mut is_of_macro = false;
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == name,
        TokenTree::Group(group) => {
            let is_of_macro = std::mem::take(&mut is_of_macro);
            mentioned(group.stream(), name) || (is_of_macro && is_formatted_in(group.stream(), name))
        }
        TokenTree::Punct(punct) => {
            is_of_macro = punct.as_char() == '!';
            false
        }
        TokenTree::Literal(_) => false,
    })
}

/// Whether a string among the arguments of a macro takes a name.
fn is_formatted_in(arguments: TokenStream, name: &str) -> bool {
    arguments.into_iter().any(|token| match token {
        TokenTree::Literal(literal) => formatted(&literal.to_string(), name),
        _ => false,
    })
}

/// Whether a format string takes an argument by its name, as in `"{name}"` or `"{name:>5}"`.
fn formatted(text: &str, name: &str) -> bool {
    // A format string says `type` for the argument `r#type`; two braces are one that is meant as such.
    let (text, name) = (text.replace("{{", ""), name.trim_start_matches("r#"));
    text.split('{')
        .skip(1)
        .any(|hole| hole.strip_prefix(name).is_some_and(|rest| rest.trim_start().starts_with(['}', ':'])))
}

fn first_span(part: &Expr) -> Span {
    part.to_token_stream().into_iter().next().map_or_else(Span::call_site, |token| token.span())
}

#[cfg(test)]
mod tests {
    use super::mentioned;

    #[test]
    fn a_name_is_seen_in_code_and_in_format_strings() {
        let seen = |key: &str| mentioned(key.parse().unwrap(), "id");
        for key in ["id", "f(a, [&id])", "(\"post\", id.0)", "format!(\"{id}\")", "format!(\"{x}{id:>5}\")"] {
            assert!(seen(key), "{key}");
        }
        for key in ["\"id\"", "idea", "format!(\"{idea}\")", "format!(\"{}\", a)", "\"{ident} id}\""] {
            assert!(!seen(key), "{key}");
        }
    }

    // `#[cached("post/{id}")]` was taken for a key with the argument in it: a string that nobody formats. The first call
    // stored its value for every other one.
    #[test]
    fn a_string_that_no_macro_formats_mentions_nothing() {
        let seen = |key: &str| mentioned(key.parse().unwrap(), "id");
        for key in ["\"post/{id}\"", "(\"post/{id}\", 7)", "f(\"{id}\")", "!f(\"x\") && g(\"{id}\")"] {
            assert!(!seen(key), "{key}");
        }
        assert!(!seen("format!(\"{{id}}\")"), "braces that are text");
        assert!(seen("format!(\"{{{id}}}\")"), "and such with an argument between them");
    }

    #[test]
    fn a_format_string_has_an_argument_without_its_raw_prefix() {
        assert!(mentioned("format!(\"{type}\")".parse().unwrap(), "r#type"));
    }
}
