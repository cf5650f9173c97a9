//! The attribute `#[cached]` of [TagCache]. It is used, and documented, as `tagcache::cached`, which the feature `macros`
//! of the crate `tagcache` turns on; what it expands to calls that crate.
//!
//! The way through the code: `options` reads what stands in the attribute, `function` what it stands on; `key` says what
//! the value depends on, `expand` writes the function anew.
//!
//! [TagCache]: https://docs.rs/tagcache

mod bindings;
mod duration;
mod expand;
mod function;
mod key;
mod knobs;
mod names;
mod options;
mod outcome;
mod siblings;

use proc_macro::TokenStream;

use function::Function;
use options::Options;

// Documented where it is exported to users: `tagcache::cached`.
#[allow(missing_docs)]
#[proc_macro_attribute]
pub fn cached(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let untouched = proc_macro2::TokenStream::from(item.clone());
    let expanded = syn::parse::<Function>(item)
        .and_then(|function| expand::expand(&syn::parse::<Options>(attribute)?, &function));
    match expanded {
        Ok(expanded) => expanded.into(),
        // With the function as it stands, so that its callers do not add errors of their own.
        Err(error) => {
            let error = error.into_compile_error();
            quote::quote!(#error #untouched).into()
        }
    }
}
