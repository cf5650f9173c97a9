//! What errors say, and what they must not.

use std::error::Error;

use tagcache_codec::{DecodeError, EncodeError};

#[test]
fn a_message_names_the_codec_and_keeps_its_cause_to_itself() {
    let cause = || std::io::Error::other("the secret is 42");
    let encode = EncodeError::new("prices", "a price is negative").caused_by(cause());
    let decode = DecodeError::new("prices", "a price is damaged").caused_by(cause());
    assert_eq!(encode.to_string(), "prices cannot encode the value: a price is negative");
    assert_eq!(decode.to_string(), "prices cannot decode the bytes: a price is damaged");
    assert_eq!((encode.codec(), decode.codec()), ("prices", "prices"));
    for source in [encode.source(), decode.source()] {
        assert_eq!(
            source.map(ToString::to_string).as_deref(),
            Some("the secret is 42"),
            "the chain is whole"
        );
    }
}

#[test]
fn left_over_bytes_are_counted() {
    let error = DecodeError::trailing("prices", 3);
    assert_eq!(error.to_string(), "prices cannot decode the bytes: 3 bytes are left over behind the value");
    assert!(error.source().is_none());
}

#[test]
fn errors_may_cross_threads() {
    fn crosses<T: Error + Send + Sync + 'static>() {}
    crosses::<EncodeError>();
    crosses::<DecodeError>();
    crosses::<tagcache_codec::HiddenShape>();
}

#[cfg(any(feature = "json", feature = "bincode", feature = "cbor", feature = "postcard"))]
mod serde_codecs {
    use serde::{Deserialize, Serialize};
    use tagcache_codec::*;

    #[derive(Debug, Serialize, Deserialize)]
    enum Color {
        #[serde(rename = "secret")]
        Secret,
        Public,
    }
    #[derive(Debug, Deserialize)]
    enum Other {}

    fn nothing_leaks<C>(codec: &C)
    where
        C: Encode<String> + Encode<[Color; 2]> + for<'a> Decode<'a, [Other; 2]> + for<'a> Decode<'a, u8>,
    {
        let mut out = Vec::new();
        codec.encode(&"secret".to_owned(), &mut out).expect("it is encoded");
        let number: Result<u8, _> = codec.decode(&out);
        let mut out = Vec::new();
        codec.encode(&[Color::Secret, Color::Public], &mut out).expect("it is encoded");
        let other: Result<[Other; 2], _> = codec.decode(&out);
        for error in [number.expect_err("text is no number"), other.expect_err("there is no such variant")] {
            assert!(!error.to_string().contains("secret"), "{error}");
            assert_eq!(error.codec(), C::NAME);
        }
    }

    #[test]
    fn no_message_quotes_the_payload() {
        #[cfg(feature = "json")]
        nothing_leaks(&Json);
        #[cfg(feature = "bincode")]
        nothing_leaks(&Bincode);
        #[cfg(feature = "cbor")]
        nothing_leaks(&Cbor);
        #[cfg(feature = "postcard")]
        nothing_leaks(&Postcard);
    }
}
