//! The function, written anew.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, FnArg, parse_quote};

use crate::function::Function;
use crate::key;
use crate::options::Options;
use crate::outcome::Outcome;
use crate::siblings::{self, Sibling};

/// The function that goes through the cache, and its siblings.
pub(crate) fn expand(options: &Options, function: &Function) -> syn::Result<TokenStream> {
    if let Some(token) = &function.sig.asyncness {
        return Err(syn::Error::new(token.span, "async functions cannot be cached yet"));
    }
    let names = Names::of(options);
    if options.uncached.is_none() && options.refresh.is_none() {
        let Function { attrs, vis, sig, .. } = function;
        let here = &names.here;
        let through = through(options, function, &names, &quote!(#here::Mode::Cached))?;
        return Ok(quote!(#(#attrs)* #vis #sig { #through }));
    }
    with_siblings(options, function, &names)
}

/// What is called by name in the expansion. Variables have a span of ours, so that the user's code does not see them.
struct Names {
    tagcache: TokenStream,
    here: TokenStream,
    mode: Ident,
    call: Ident,
    cache: Ident,
    context: Ident,
}

impl Names {
    fn of(options: &Options) -> Self {
        let ours = |name| Ident::new(name, Span::mixed_site());
        let tagcache = options.tagcache();
        let here = quote!(#tagcache::__private);
        Self {
            here,
            tagcache,
            mode: ours("mode"),
            call: ours("call"),
            cache: ours("cache"),
            context: ours("context"),
        }
    }
}

/// The body of the function that does the work: where to look, and what to do if nothing is there.
fn through(
    options: &Options,
    function: &Function,
    names: &Names,
    mode: &TokenStream,
) -> syn::Result<TokenStream> {
    let Names { here, tagcache, call, cache, context, .. } = names;
    let output = &function.output;
    let verb = options.store.unwrap_or_else(|| Outcome::of(output)).verb();
    // A type that cannot be stored is reported at the return type.
    let verb = Ident::new(verb, output.span().resolved_at(Span::mixed_site()));
    let when = options.when.iter();
    let which = which_cache(options, names);
    let schema = options.schema.iter();
    let key = key::expression(options, function, here)?;
    let policy = policy(options, here);
    let tags = tags(options, context);
    let fill = options.fill.iter();
    let body = &function.body;
    Ok(quote! {
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
        #here::#verb(#call, #mode, |#context: &mut #tagcache::Filling<'_>| -> #output {
            #tags
            #(let #fill: &mut #tagcache::Filling<'_> = #context;)*
            #body
        })
    })
}

fn which_cache(options: &Options, names: &Names) -> TokenStream {
    let Names { here, tagcache, .. } = names;
    match (&options.cache, &options.codec) {
        (Some(cache), _) => {
            quote_spanned!(cache.span()=> ::core::option::Option::Some(#here::cache(&(#cache))))
        }
        (None, Some(codec)) => quote_spanned!(codec.span()=> #here::installed::<#codec>()),
        (None, None) => quote!(#here::installed::<#tagcache::Postcard>()),
    }
}

fn policy(options: &Options, here: &TokenStream) -> TokenStream {
    let base = match &options.policy {
        Some(policy) => quote_spanned!(policy.span()=> #here::policy(&(#policy))),
        None => quote!(#here::Policy::new()),
    };
    let knobs = &options.knobs;
    quote!(#base #(#knobs)*)
}

/// Said to the fill and not to the policy: a hit does not pay for tags that only a computation needs.
fn tags(options: &Options, context: &Ident) -> TokenStream {
    match &options.tags {
        // One by one, since they may be of several types.
        Some(Expr::Array(tags)) => {
            let tags = tags.elems.iter();
            quote!(#(#context.add_tag(#tags);)*)
        }
        Some(tags) => quote!(#context.add_tags(#tags);),
        None => TokenStream::new(),
    }
}

fn with_siblings(options: &Options, function: &Function, names: &Names) -> syn::Result<TokenStream> {
    let mode = &names.mode;
    let hidden = hidden(options, function, names, &through(options, function, names, &quote!(#mode))?);
    let name = &function.sig.ident;
    let main = calling(options, function, names, name, "Cached");
    let attrs = &function.attrs;
    let uncached = options.uncached.iter().map(|sibling| {
        let doc = format!(" As [`{name}`](Self::{name}), computed by this call and not stored.");
        beside(options, function, names, sibling, "Uncached", &doc)
    });
    let refresh = options.refresh.iter().map(|sibling| {
        let doc =
            format!(" As [`{name}`](Self::{name}), computed anew although there may be a value, and stored.");
        beside(options, function, names, sibling, "Refresh", &doc)
    });
    Ok(quote!(#(#attrs)* #main #(#uncached)* #(#refresh)* #hidden))
}

/// One of the siblings, with what it must share with the function.
fn beside(
    options: &Options,
    function: &Function,
    names: &Names,
    sibling: &Sibling,
    mode: &str,
    doc: &str,
) -> TokenStream {
    let attrs = siblings::shared_attributes(&function.attrs);
    let doc = if in_impl(options, function) { doc.to_owned() } else { doc.replace("(Self::", "(") };
    let calling = calling(options, function, names, &sibling.name, mode);
    quote!(#[doc = #doc] #(#attrs)* #calling)
}

/// A function of this name that calls the hidden one.
fn calling(options: &Options, function: &Function, names: &Names, name: &Ident, mode: &str) -> TokenStream {
    let (vis, here) = (&function.vis, &names.here);
    let (mut sig, arguments) = siblings::plain(&function.sig);
    sig.ident = name.clone();
    let (hidden, turbofish) = (siblings::hidden_name(function), siblings::turbofish(&sig));
    let path = if in_impl(options, function) { quote!(Self::#hidden) } else { quote!(#hidden) };
    let mode = Ident::new(mode, Span::call_site());
    quote!(#vis #sig { #path #turbofish(#(#arguments,)* #here::Mode::#mode) })
}

/// The function that has the body, and is told which one was called.
fn hidden(options: &Options, function: &Function, names: &Names, body: &TokenStream) -> TokenStream {
    let Names { here, mode, .. } = names;
    let attrs =
        siblings::shared_attributes(&function.attrs).filter(|attr| !attr.path().is_ident("deprecated"));
    let mut sig = function.sig.clone();
    sig.ident = siblings::hidden_name(function);
    let told: FnArg = parse_quote!(#mode: #here::Mode);
    sig.inputs.push(told);
    let _ = options;
    quote!(#[doc(hidden)] #[allow(clippy::too_many_arguments)] #(#attrs)* #sig { #body })
}

fn in_impl(options: &Options, function: &Function) -> bool {
    let said = |sibling: &Option<Sibling>| sibling.as_ref().is_some_and(|sibling| sibling.on_self);
    function.mentions_self_type() || said(&options.uncached) || said(&options.refresh)
}
