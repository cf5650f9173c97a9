//! Times as people write them: `7d`, `12h`, `500ms`.
//!
//! To Rust `7d` is one token, a number with a suffix that nobody gave a meaning. None of the units is the suffix of a
//! number type, so nothing that meant something before is read in another way.

use std::time::Duration;

use proc_macro2::{Group, Literal, Span, TokenStream, TokenTree};
use quote::quote_spanned;
use syn::{Expr, ExprLit, Lit, LitInt};

const UNITS: [(&str, Duration); 6] = [
    ("ms", Duration::from_millis(1)),
    ("s", Duration::from_secs(1)),
    ("m", Duration::from_secs(60)),
    ("h", Duration::from_secs(3600)),
    ("d", Duration::from_secs(24 * 3600)),
    ("w", Duration::from_secs(7 * 24 * 3600)),
];

const UNITS_ARE: &str = "the units are `ms`, `s`, `m`, `h`, `d` and `w`, as in `7d`; \
                         or write any expression of type `Duration`";

/// The expression with every time in it written out as Rust.
///
/// A number alone must be a time. Within a larger expression other numbers are left as they are.
pub(crate) fn written_out(expr: &Expr) -> syn::Result<TokenStream> {
    if let Expr::Lit(ExprLit { lit, .. }) = expr {
        return match lit {
            Lit::Int(number) => {
                let time = read(number.base10_digits(), number.suffix())
                    .map_err(|problem| syn::Error::new(number.span(), problem))?;
                Ok(as_rust(time, number.span()))
            }
            Lit::Float(number) => Err(syn::Error::new(
                number.span(),
                "a time is a whole number: take a smaller unit, as in `90m` for an hour and a half",
            )),
            other => Err(syn::Error::new(other.span(), format!("this is no time; {UNITS_ARE}"))),
        };
    }
    Ok(replaced(quote::quote!(#expr)))
}

fn replaced(tokens: TokenStream) -> TokenStream {
    tokens
        .into_iter()
        .flat_map(|token| match token {
            TokenTree::Literal(literal) => {
                time_in(&literal).unwrap_or_else(|| TokenTree::from(literal).into())
            }
            TokenTree::Group(group) => {
                let mut anew = Group::new(group.delimiter(), replaced(group.stream()));
                anew.set_span(group.span());
                TokenTree::from(anew).into()
            }
            other => other.into(),
        })
        .collect()
}

fn time_in(literal: &Literal) -> Option<TokenStream> {
    let number = syn::parse_str::<LitInt>(&literal.to_string()).ok()?;
    let time = read(number.base10_digits(), number.suffix()).ok()?;
    Some(as_rust(time, literal.span()))
}

fn read(digits: &str, unit: &str) -> Result<Duration, String> {
    let Some((_, one)) = UNITS.iter().find(|(known, _)| *known == unit) else {
        return Err(match unit {
            "" => format!("a time needs a unit; {UNITS_ARE}"),
            _ => format!("`{unit}` is no unit of time; {UNITS_ARE}"),
        });
    };
    let millis = digits.parse::<u128>().ok().and_then(|count| count.checked_mul(one.as_millis()));
    millis
        .and_then(|millis| u64::try_from(millis).ok())
        .map(Duration::from_millis)
        .ok_or_else(|| "no time is that long; leave the expiry out for a value that never expires".to_owned())
}

fn as_rust(time: Duration, span: Span) -> TokenStream {
    let (secs, nanos) = (time.as_secs(), time.subsec_nanos());
    quote_spanned!(span=> ::core::time::Duration::new(#secs, #nanos))
}

#[cfg(test)]
mod tests {
    use super::{read, written_out};
    use std::time::Duration;

    fn rust(expr: &str) -> Result<String, String> {
        let expr = syn::parse_str(expr).map_err(|error| error.to_string())?;
        Ok(written_out(&expr).map_err(|error| error.to_string())?.to_string().replace(' ', ""))
    }

    #[test]
    fn every_unit_is_as_long_as_its_name_says() {
        let secs = |unit| read("2", unit).map(|time| time.as_secs_f64());
        let expected =
            [("ms", 0.002), ("s", 2.0), ("m", 120.0), ("h", 7200.0), ("d", 172_800.0), ("w", 1_209_600.0)];
        for (unit, time) in expected {
            assert_eq!(secs(unit), Ok(time), "2{unit}");
        }
    }

    #[test]
    fn a_number_in_any_notation_is_a_time() {
        assert_eq!(rust("1_500ms").unwrap(), "::core::time::Duration::new(1u64,500000000u32)");
        assert!(rust("0x7d").unwrap_err().contains("needs a unit"), "to Rust this is 125, and no time");
    }

    #[test]
    fn a_time_within_an_expression_is_found_and_other_numbers_are_left_alone() {
        let found = rust("if vip(3u8) { [2h][0] } else { f!(10s, 1.5) }").unwrap();
        assert!(found.contains("[::core::time::Duration::new(7200u64,0u32)][0]"), "{found}");
        assert!(found.contains("f!(::core::time::Duration::new(10u64,0u32),1.5)"), "{found}");
        assert!(found.contains("vip(3u8)"), "{found}");
    }

    #[test]
    fn what_is_no_time_says_what_to_write() {
        for (wrong, word) in
            [("7", "needs a unit"), ("7y", "`y` is no unit"), ("1.5h", "`90m`"), ("\"7d\"", "`7d`")]
        {
            let problem = rust(wrong).unwrap_err();
            assert!(problem.contains(word), "{wrong}: {problem}");
        }
    }

    #[test]
    fn the_longest_time_is_read_and_a_longer_one_refused() {
        let longest = u64::MAX.to_string();
        assert_eq!(read(&longest, "ms"), Ok(Duration::from_millis(u64::MAX)));
        assert!(read(&longest, "s").is_err() && read("9".repeat(60).as_str(), "ms").is_err());
    }
}
