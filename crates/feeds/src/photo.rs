//! Photos as they arrive: unpacked from base64 within bounds, and only the header read. Nothing is decoded here.

use crate::Reason;
use crate::limits::{PHOTO_PIXELS_MAX, PHOTO_SIDE_PX_MAX, PLATE_HEIGHT_PX_MIN};
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use domain::NewPhoto;
use domain::detection::PhotoKind;
use domain::limits::PHOTO_BYTES_MAX;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The kinds of image that are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImageFormat {
    Jpeg,
    Png,
    WebP,
}

impl ImageFormat {
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::WebP => "image/webp",
        }
    }
}

/// What the header of an image says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImageHeader {
    pub format: ImageFormat,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
}

/// Reads an image's header, and refuses what is not an image or would unpack beyond the bounds.
pub fn image_header(bytes: &[u8]) -> Result<ImageHeader, Reason> {
    let header = jpeg(bytes).or_else(|| png(bytes)).or_else(|| webp(bytes)).ok_or("not an image")?;
    if header.width == 0 || header.height == 0 {
        return Err("not an image".into());
    }
    let pixels = u64::from(header.width) * u64::from(header.height);
    if header.width.max(header.height) > PHOTO_SIDE_PX_MAX || pixels > PHOTO_PIXELS_MAX {
        return Err("an image of too many pixels".into());
    }
    Ok(header)
}

/// A photo from base64.
pub(crate) fn from_base64(kind: PhotoKind, text: &str) -> Result<(NewPhoto, ImageHeader), Reason> {
    let text = text.trim();
    // Four characters carry three bytes; checked before anything is unpacked.
    if text.len() / 4 > PHOTO_BYTES_MAX / 3 + 1 {
        return Err(too_large());
    }
    let bytes = BASE64.decode(text).map_err(|_| Reason::from("not base64"))?;
    from_bytes(kind, bytes)
}

pub(crate) fn from_bytes(kind: PhotoKind, bytes: Vec<u8>) -> Result<(NewPhoto, ImageHeader), Reason> {
    if bytes.len() > PHOTO_BYTES_MAX {
        return Err(too_large());
    }
    let header = image_header(&bytes)?;
    Ok((NewPhoto { kind, bytes }, header))
}

/// Whether the picture of a plate is too low to be read with trust (DET-7).
pub(crate) fn is_low(plate_height: u32) -> bool {
    plate_height < PLATE_HEIGHT_PX_MIN
}

fn too_large() -> Reason {
    format!("larger than {} MiB", PHOTO_BYTES_MAX / 1024 / 1024).into()
}

/// Walks the segments to the frame header (ISO/IEC 10918-1, B.2.2).
fn jpeg(bytes: &[u8]) -> Option<ImageHeader> {
    let mut rest = bytes.strip_prefix(&[0xff, 0xd8])?;
    loop {
        let (0xff, marker) = (*rest.first()?, *rest.get(1)?) else { return None };
        match marker {
            // A fill byte before a marker.
            0xff => rest = rest.get(1..)?,
            // Markers without a length.
            0x01 | 0xd0..=0xd7 => rest = rest.get(2..)?,
            // A frame header: length, precision, height, width. C4, C8 and CC are other things.
            0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                let (height, width) = (be16(rest, 5)?, be16(rest, 7)?);
                return Some(ImageHeader { format: ImageFormat::Jpeg, width, height });
            }
            // The picture begins, or ends, without a frame header.
            0xd8..=0xda => return None,
            _ => {
                let length = usize::try_from(be16(rest, 2)?).ok().filter(|length| *length >= 2)?;
                rest = rest.get(2 + length..)?;
            }
        }
    }
}

fn png(bytes: &[u8]) -> Option<ImageHeader> {
    let rest = bytes.strip_prefix(b"\x89PNG\r\n\x1a\n")?.strip_prefix(b"\0\0\0\x0dIHDR")?;
    Some(ImageHeader { format: ImageFormat::Png, width: be32(rest, 0)?, height: be32(rest, 4)? })
}

fn webp(bytes: &[u8]) -> Option<ImageHeader> {
    let chunk = bytes.strip_prefix(b"RIFF")?.get(4..)?.strip_prefix(b"WEBP")?;
    let data = chunk.get(8..)?;
    let (width, height) = match chunk.get(..4)? {
        b"VP8 " => {
            let sizes = data.get(3..)?.strip_prefix(&[0x9d, 0x01, 0x2a])?;
            (le16(sizes, 0)? & 0x3fff, le16(sizes, 2)? & 0x3fff)
        }
        b"VP8L" => {
            let bits = data.strip_prefix(&[0x2f])?;
            let bits = le16(bits, 0)? | (le16(bits, 2)? << 16);
            ((bits & 0x3fff) + 1, ((bits >> 14) & 0x3fff) + 1)
        }
        b"VP8X" => (le24(data, 4)? + 1, le24(data, 7)? + 1),
        _ => return None,
    };
    Some(ImageHeader { format: ImageFormat::WebP, width, height })
}

fn be16(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from(*bytes.get(at)?) << 8 | u32::from(*bytes.get(at + 1)?))
}

fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(be16(bytes, at)? << 16 | be16(bytes, at + 2)?)
}

fn le16(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from(*bytes.get(at)?) | u32::from(*bytes.get(at + 1)?) << 8)
}

fn le24(bytes: &[u8], at: usize) -> Option<u32> {
    Some(le16(bytes, at)? | u32::from(*bytes.get(at + 2)?) << 16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_the_three_kinds_are_read() {
        let jpeg = b"\xff\xd8\xff\xe0\x00\x04\xaa\xbb\xff\xff\xc2\x00\x11\x08\x02\xd0\x05\x00\x03";
        assert_eq!(image_header(jpeg), Ok(ImageHeader { format: ImageFormat::Jpeg, width: 1280, height: 720 }));
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\x01\0\0\0\0\x40";
        assert_eq!(image_header(png), Ok(ImageHeader { format: ImageFormat::Png, width: 256, height: 64 }));
        let lossy = b"RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9d\x01\x2a\x40\x01\xf0\x00";
        assert_eq!(image_header(lossy), Ok(ImageHeader { format: ImageFormat::WebP, width: 320, height: 240 }));
        let lossless = b"RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f\x3f\xc1\x3b\x00";
        assert_eq!(image_header(lossless), Ok(ImageHeader { format: ImageFormat::WebP, width: 320, height: 240 }));
        let extended = b"RIFF\0\0\0\0WEBPVP8X\0\0\0\0\0\0\0\0\x3f\x01\0\xef\0\0";
        assert_eq!(image_header(extended), Ok(ImageHeader { format: ImageFormat::WebP, width: 320, height: 240 }));
    }

    #[test]
    fn a_pixel_bomb_and_what_is_not_an_image_are_refused_by_their_headers() {
        let bomb = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\xff\xff\0\0\xff\xff";
        assert_eq!(image_header(bomb), Err("an image of too many pixels".into()));
        let flat = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\0\0\0\0\x40";
        for bytes in [&b""[..], b"<svg/>", b"\xff\xd8", b"\xff\xd8\xff\xda\0\x02", b"\xff\xd8\xff\xe0\0\0", flat] {
            assert_eq!(image_header(bytes), Err("not an image".into()), "{bytes:?}");
        }
        assert_eq!(from_base64(PhotoKind::Scene, "%%%").unwrap_err(), "not base64");
        assert_eq!(from_base64(PhotoKind::Scene, &"A".repeat(6_000_000)).unwrap_err(), "larger than 4 MiB");
    }
}
