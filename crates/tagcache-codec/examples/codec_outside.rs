//! A codec written outside of TagCache, without serde: a fixed-width layout for prices, sixteen bytes each.
//!
//! Generated code (prost, flatbuffers, rkyv) is wrapped in the same way: `encode` calls its writer,
//! `decode` its checked reader. Run with `cargo run --example codec_outside`.

use std::error::Error;

use tagcache_codec::{
    Codec, CodecId, Decode, DecodeError, Encode, EncodeError, Fingerprint, HiddenShape, Schema,
};

#[derive(Clone, Debug, PartialEq)]
struct Price {
    article: u64,
    cents: u32,
    currency: [u8; 3],
}

/// Article, cents, currency and a byte that is zero, little-endian.
#[derive(Clone, Copy, Debug, Default)]
struct Prices;

const WIDTH: usize = 16;

impl Codec for Prices {
    // Chosen once, from the range for codecs written outside, and never given to another layout.
    const ID: CodecId = CodecId::outside(0x8001);
    const NAME: &'static str = "prices";
}

impl Encode<[Price]> for Prices {
    fn encode(&self, prices: &[Price], out: &mut Vec<u8>) -> Result<(), EncodeError> {
        // Everything that can fail is looked at before the first byte is appended.
        if prices.iter().any(|price| !price.currency.is_ascii()) {
            return Err(EncodeError::new(Self::NAME, "a currency is not three letters of ASCII"));
        }
        for price in prices {
            out.extend_from_slice(&price.article.to_le_bytes());
            out.extend_from_slice(&price.cents.to_le_bytes());
            out.extend_from_slice(&price.currency);
            out.push(0);
        }
        Ok(())
    }
}

impl Encode<Vec<Price>> for Prices {
    fn encode(&self, prices: &Vec<Price>, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        self.encode(prices.as_slice(), out)
    }
}

impl Decode<'_, Vec<Price>> for Prices {
    fn decode(&self, bytes: &[u8]) -> Result<Vec<Price>, DecodeError> {
        // The width divides the length or it is an error: no byte is left over.
        if bytes.len() % WIDTH != 0 {
            return Err(DecodeError::trailing(Self::NAME, bytes.len() % WIDTH));
        }
        bytes.chunks_exact(WIDTH).map(price).collect()
    }
}

fn price(bytes: &[u8]) -> Result<Price, DecodeError> {
    let damaged = || DecodeError::new(Prices::NAME, "a price is damaged");
    let (article, rest) = bytes.split_first_chunk().ok_or_else(damaged)?;
    let (cents, rest) = rest.split_first_chunk().ok_or_else(damaged)?;
    let &[a, b, c, 0] = rest else { return Err(damaged()) };
    let price = Price {
        article: u64::from_le_bytes(*article),
        cents: u32::from_le_bytes(*cents),
        currency: [a, b, c],
    };
    if price.currency.is_ascii() { Ok(price) } else { Err(damaged()) }
}

impl Schema<Vec<Price>> for Prices {
    fn fingerprint(&self) -> Result<Fingerprint, HiddenShape> {
        // The layout is fixed by hand, so its version is too.
        Ok(Fingerprint::named("prices v1: article u64, cents u32, currency ascii[3], zero u8"))
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let prices = vec![
        Price { article: 42, cents: 1999, currency: *b"EUR" },
        Price { article: 43, cents: 250, currency: *b"CHF" },
    ];

    let mut out = b"header".to_vec();
    Prices.encode(&prices, &mut out)?;
    let payload = &out[b"header".len()..];
    assert_eq!(payload.len(), 2 * WIDTH);
    let back: Vec<Price> = Prices.decode(payload)?;
    assert_eq!(back, prices);

    // The checklist: cut short, too long and damaged are errors, and a failure leaves the buffer alone.
    for cut in (1..payload.len()).filter(|cut| cut % WIDTH != 0) {
        assert!(Decode::<Vec<Price>>::decode(&Prices, &payload[..cut]).is_err());
    }
    let mut damaged = payload.to_vec();
    damaged[WIDTH - 1] = 1;
    let error = Decode::<Vec<Price>>::decode(&Prices, &damaged).err().ok_or("the last byte must be zero")?;
    assert_eq!(error.to_string(), "prices cannot decode the bytes: a price is damaged");

    let before = out.clone();
    let foreign = [Price { article: 1, cents: 1, currency: [0xFF; 3] }];
    assert!(Prices.encode(foreign.as_slice(), &mut out).is_err());
    assert_eq!(out, before);

    assert_eq!(Prices::ID.to_string(), "outside-0x8001");
    Ok(())
}
