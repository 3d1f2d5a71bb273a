//! Text in other encodings than UTF-8, as spreadsheets write it.

use std::path::Path;

use crate::error::{Error, Place, Result};

/// What bytes 0x80 to 0x9f stand for in Windows-1252; 0 for the five that stand for nothing.
const WINDOWS_1252: [u16; 32] = [
    0x20ac, 0, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160, 0x2039,
    0x0152, 0, 0x017d, 0, 0, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x02dc,
    0x2122, 0x0161, 0x203a, 0x0153, 0, 0x017e, 0x0178,
];

/// Bytes looked at to tell UTF-16 from other things with zeros in them.
const LOOK: usize = 1 << 16;

/// What the first bytes say.
enum Kind {
    /// UTF-8 or a single-byte encoding, after so many bytes of mark.
    Bytes(usize),
    /// UTF-16 after so many bytes of mark, the high byte first or last.
    Wide { mark: usize, big: bool },
}

fn kind(path: &Path, bytes: &[u8]) -> Result<Kind> {
    if bytes.starts_with(&[0xef, 0xbb, 0xbf]) {
        return Ok(Kind::Bytes(3));
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        let big = bytes[0] == 0xfe;
        return Ok(Kind::Wide { mark: 2, big });
    }
    let head = &bytes[..bytes.len().min(LOOK)];
    let Some(zero) = head.iter().position(|&b| b == 0) else {
        return Ok(Kind::Bytes(0));
    };
    // Latin text in UTF-16 has a zero in every second byte, always on the same side.
    let zeros = |side: usize| {
        head.iter()
            .skip(side)
            .step_by(2)
            .filter(|&&b| b == 0)
            .count()
    };
    let (first, second, half) = (zeros(0), zeros(1), head.len() / 2);
    match (first, second) {
        (0, second) if 2 * second > half => Ok(Kind::Wide {
            mark: 0,
            big: false,
        }),
        (first, 0) if 2 * first > half => Ok(Kind::Wide { mark: 0, big: true }),
        _ => Err(Error::file(
            path,
            Place::Byte(zero as u64),
            "this is not a text file: it holds zeros",
            "give a table of comma-separated values",
        )),
    }
}

/// The text as UTF-8 without a mark: from UTF-8, UTF-16, or Windows-1252 (which contains Latin-1).
///
/// Bytes that are not UTF-8 are taken for Windows-1252 only where nothing before them is UTF-8 beyond ASCII: otherwise the file is
/// damaged, not of another encoding.
pub(super) fn to_utf8(path: &Path, mut content: Vec<u8>) -> Result<Vec<u8>> {
    match kind(path, &content)? {
        Kind::Wide { mark, big } => from_utf16(path, &content, mark, big),
        Kind::Bytes(mark) => {
            content.drain(..mark);
            match std::str::from_utf8(&content) {
                Ok(_) => Ok(content),
                Err(e) => from_windows(path, content, e.valid_up_to(), mark),
            }
        }
    }
}

/// How many bytes of mark a text in UTF-8 begins with; other encodings are refused, for files that are not read as a whole.
pub(super) fn refuse_unless_utf8(path: &Path, head: &[u8]) -> Result<u64> {
    match kind(path, head)? {
        Kind::Bytes(mark) => Ok(mark as u64),
        Kind::Wide { .. } => Err(Error::file(
            path,
            Place::Byte(0),
            "the text is UTF-16, and the file too large to be read as a whole",
            "save it as UTF-8, or raise the memory it may take",
        )),
    }
}

fn from_utf16(path: &Path, content: &[u8], mark: usize, big: bool) -> Result<Vec<u8>> {
    let (pairs, rest) = content[mark..].as_chunks::<2>();
    let at = |unit: usize| Place::Byte((mark + 2 * unit) as u64);
    if !rest.is_empty() {
        let problem = "the text is UTF-16 and ends in half a character";
        return Err(Error::file(
            path,
            at(pairs.len()),
            problem,
            "copy or save it again",
        ));
    }
    let units = pairs.iter().map(|&pair| match big {
        true => u16::from_be_bytes(pair),
        false => u16::from_le_bytes(pair),
    });
    let mut text = String::with_capacity(content.len() / 2);
    let mut unit = 0;
    for character in char::decode_utf16(units) {
        let Ok(character) = character else {
            let problem = "the text is UTF-16 with half a character";
            return Err(Error::file(path, at(unit), problem, "save it as UTF-8"));
        };
        unit += character.len_utf16();
        text.push(character);
    }
    Ok(text.into_bytes())
}

fn from_windows(path: &Path, content: Vec<u8>, valid: usize, mark: usize) -> Result<Vec<u8>> {
    let refused = |byte: usize| {
        Err(Error::file(
            path,
            Place::Byte((mark + byte) as u64),
            format!(
                "byte {:#04x} is neither UTF-8 nor Windows-1252 text",
                content[byte]
            ),
            "save the file as UTF-8",
        ))
    };
    if mark > 0 || !content[..valid].is_ascii() {
        return refused(valid);
    }
    let mut text = String::with_capacity(content.len() + content.len() / 8);
    for (at, &byte) in content.iter().enumerate() {
        let code = match byte {
            0x80..=0x9f => WINDOWS_1252[usize::from(byte) - 0x80],
            byte => u16::from(byte),
        };
        match char::from_u32(u32::from(code)) {
            Some('\0') | None => return refused(at),
            Some(character) => text.push(character),
        }
    }
    Ok(text.into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> std::result::Result<String, String> {
        let text = to_utf8(Path::new("t.csv"), bytes.to_vec()).map_err(|e| e.to_string())?;
        Ok(String::from_utf8(text).unwrap())
    }

    #[test]
    fn every_encoding_gives_the_same_text() {
        let text = "größe,naïve\n1,€ “x”\n";
        let wide: Vec<u16> = text.encode_utf16().collect();
        let little: Vec<u8> = wide.iter().flat_map(|u| u.to_le_bytes()).collect();
        let big: Vec<u8> = wide.iter().flat_map(|u| u.to_be_bytes()).collect();
        let windows = b"gr\xf6\xdfe,na\xefve\n1,\x80 \x93x\x94\n";
        assert_eq!(read(text.as_bytes()).unwrap(), text);
        assert_eq!(
            read(&[&[0xef, 0xbb, 0xbf], text.as_bytes()].concat()).unwrap(),
            text
        );
        assert_eq!(read(&[&[0xff, 0xfe], &little[..]].concat()).unwrap(), text);
        assert_eq!(read(&[&[0xfe, 0xff], &big[..]].concat()).unwrap(), text);
        assert_eq!(read(windows).unwrap(), text);
        let plain: Vec<u8> = "a,b\n1,2\n"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        assert_eq!(read(&plain).unwrap(), "a,b\n1,2\n");
    }

    #[test]
    fn what_is_no_text_is_refused_with_its_byte() {
        assert!(
            read(b"a,b\n1,\0\0\0\n")
                .unwrap_err()
                .contains("byte 6: this is not a text file")
        );
        assert!(
            read(
                "ä,b\n"
                    .as_bytes()
                    .iter()
                    .chain(b"\xff\n")
                    .copied()
                    .collect::<Vec<_>>()
                    .as_slice()
            )
            .unwrap_err()
            .contains("byte 5: byte 0xff")
        );
        assert!(
            read(b"a,\x81\n")
                .unwrap_err()
                .contains("byte 2: byte 0x81 is neither")
        );
        assert!(read(b"\xff\xfea").unwrap_err().contains("half a character"));
        assert!(
            read(b"\xff\xfe\x00\xd8a\0")
                .unwrap_err()
                .contains("byte 2: the text is UTF-16 with half")
        );
    }
}
