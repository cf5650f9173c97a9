//! The names that a pattern in the place of an argument gives.

use proc_macro2::Ident;
use syn::Pat;

/// Every name, in the order of the text. A pattern that only matches (a constant, a range) gives none.
pub(crate) fn names(pattern: &Pat) -> Vec<Ident> {
    let mut found = Vec::new();
    collect(pattern, &mut found);
    found
}

fn collect(pattern: &Pat, found: &mut Vec<Ident>) {
    match pattern {
        Pat::Ident(name) => {
            found.push(name.ident.clone());
            if let Some((_, inner)) = &name.subpat {
                collect(inner, found);
            }
        }
        Pat::Paren(inner) => collect(&inner.pat, found),
        Pat::Reference(inner) => collect(&inner.pat, found),
        Pat::Type(inner) => collect(&inner.pat, found),
        Pat::Slice(parts) => parts.elems.iter().for_each(|part| collect(part, found)),
        Pat::Tuple(parts) => parts.elems.iter().for_each(|part| collect(part, found)),
        Pat::TupleStruct(parts) => parts.elems.iter().for_each(|part| collect(part, found)),
        Pat::Struct(parts) => parts.fields.iter().for_each(|field| collect(&field.pat, found)),
        // All cases give the same names.
        Pat::Or(cases) => cases.cases.iter().take(1).for_each(|case| collect(case, found)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::names;
    use syn::{FnArg, ItemFn};

    #[test]
    fn every_name_is_found_and_nothing_else() {
        let function: ItemFn = syn::parse_str(
            "fn f(plain: A, mut changed: B, (a, _): C, Point { x, y: (high, ..) }: D, [first, rest @ ..]: E, \
             &by_ref: F, _: G, Id(number): H, whole @ I(_): I) {}",
        )
        .unwrap();
        let found: Vec<String> = function
            .sig
            .inputs
            .iter()
            .filter_map(|input| if let FnArg::Typed(input) = input { Some(&*input.pat) } else { None })
            .flat_map(names)
            .map(|name| name.to_string())
            .collect();
        let expected = ["plain", "changed", "a", "x", "high", "first", "rest", "by_ref", "number", "whole"];
        assert_eq!(found, expected);
    }
}
