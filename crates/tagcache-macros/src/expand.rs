//! The function, written anew.

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::Expr;
use syn::spanned::Spanned;

use crate::function::Function;
use crate::key;
use crate::names::Names;
use crate::options::Options;
use crate::outcome::Outcome;
use crate::siblings;

/// The function that goes through the cache, and its siblings.
pub(crate) fn expand(options: &Options, function: &Function) -> syn::Result<TokenStream> {
    let names = Names::of(options);
    if options.uncached.is_some() || options.refresh.is_some() {
        let body = through(options, function, &names, &names.mode())?;
        return Ok(siblings::with_siblings(options, function, &names, &body));
    }
    let Function { attrs, vis, sig, .. } = function;
    let body = through(options, function, &names, &names.which("Cached"))?;
    Ok(quote!(#(#attrs)* #vis #sig { #body }))
}

/// The body of the function that does the work: where to look, and what to do if nothing is there.
///
/// Whatever the user wrote stands in it once, so that no error and no warning is said twice. The key is made before the
/// body may move the arguments that it is made of.
fn through(
    options: &Options,
    function: &Function,
    names: &Names,
    mode: &TokenStream,
) -> syn::Result<TokenStream> {
    let Names { call, cache, context, .. } = names;
    let (here, tagcache) = (names.here(), names.tagcache());
    let output = &function.output;
    let verb = verb(options, function, names);
    let when = options.when.iter();
    let which = which_cache(options, names);
    let schema = options.schema.iter();
    let key = key::expression(options, function, names)?;
    let policy = policy(options, names);
    let tags = tags(options, context);
    let fill = options.fill.iter();
    let body = our_braces(&function.body);
    let look = quote! {
        let #call = if #mode.asks_a_cache() #(&& (#when))* {
            match #which {
                ::core::option::Option::Some(#cache) => ::core::option::Option::Some(
                    #here::Call::new(#cache #(.with_schema(#schema))*, #key, #policy)
                ),
                ::core::option::Option::None => ::core::option::Option::None,
            }
        } else {
            ::core::option::Option::None
        };
    };
    // A type that cannot be stored is reported at the return type.
    let place = output.span().resolved_at(Span::mixed_site());
    let call = Ident::new(&call.to_string(), place);
    let compute = if function.sig.asyncness.is_some() {
        quote_spanned! {place=>
            #verb(#call, #mode, async |#context: #tagcache::AsyncFilling| -> #output {
                #tags
                #(let #fill: &#tagcache::AsyncFilling = &#context;)*
                #body
            }).await
        }
    } else {
        quote_spanned! {place=>
            #verb(#call, #mode, |#context: &mut #tagcache::Filling<'_>| -> #output {
                #tags
                #(let #fill: &mut #tagcache::Filling<'_> = #context;)*
                #body
            })
        }
    };
    Ok(quote!(#look #compute))
}

/// The body in braces that count as ours, since we put them within others: in those of the user the compiler would find
/// them unnecessary around a body of one line, and say so to the user. What stands in them stays the user's.
fn our_braces(body: &TokenStream) -> TokenStream {
    let ours = |token| match token {
        TokenTree::Group(group) => {
            let mut braces = Group::new(group.delimiter(), group.stream());
            braces.set_span(group.span().resolved_at(Span::mixed_site()));
            TokenTree::Group(braces)
        }
        other => other,
    };
    body.clone().into_iter().map(ours).collect()
}

/// What stores the values that are to be stored.
fn verb(options: &Options, function: &Function, names: &Names) -> TokenStream {
    let outcome = options.store.unwrap_or_else(|| Outcome::of(&function.output));
    let verb = outcome.verb();
    let verb = if function.sig.asyncness.is_some() { format!("{verb}_later") } else { verb.to_owned() };
    names.at(function.output.span(), &verb)
}

/// An `Option` with the cache.
fn which_cache(options: &Options, names: &Names) -> TokenStream {
    match (&options.cache, &options.codec) {
        (Some(cache), _) => {
            let (span, made) = (cache.span(), names.at(cache.span(), "cache"));
            quote_spanned!(span=> ::core::option::Option::Some(#made(&(#cache))))
        }
        (None, Some(codec)) => {
            let installed = names.at(codec.span(), "installed");
            quote!(#installed::<#codec>())
        }
        (None, None) => {
            let (here, tagcache) = (names.here(), names.tagcache());
            quote!(#here::installed::<#tagcache::Postcard>())
        }
    }
}

fn policy(options: &Options, names: &Names) -> TokenStream {
    let here = names.here();
    let base = match &options.policy {
        Some(policy) => {
            let (span, made) = (policy.span(), names.at(policy.span(), "policy"));
            quote_spanned!(span=> #made(&(#policy)))
        }
        None => quote!(#here::Policy::new()),
    };
    let knobs = options.knobs.iter().map(|knob| knob.call(names));
    quote!(#base #(#knobs)*)
}

/// Said to the fill and not to the policy: a hit does not pay for tags that only a computation needs.
fn tags(options: &Options, context: &Ident) -> TokenStream {
    let tags = options.tags.iter().map(|tags| each(tags, context, "add_tag"));
    let paths = options.tag_paths.iter().map(|paths| each(paths, context, "add_tag_path"));
    quote!(#(#tags)* #(#paths)*)
}

/// One by one where they are written one by one, since they may be of several types.
fn each(tags: &Expr, context: &Ident, add: &str) -> TokenStream {
    let add = Ident::new(add, Span::call_site());
    if let Expr::Array(tags) = tags {
        let tags = tags.elems.iter();
        return quote!(#(#context.#add(#tags);)*);
    }
    let tag = Ident::new("tag", Span::mixed_site());
    quote!(for #tag in #tags { #context.#add(#tag); })
}
