//! The header of a `.npy` file: a Python dictionary, written and read without Python.

use super::elements::{MAX_RANK, Stored};
use crate::DType;

/// The signature every `.npy` file starts with.
pub(super) const MAGIC: &[u8; 6] = b"\x93NUMPY";

/// The elements start at a multiple of this.
const ALIGNMENT: usize = 64;

/// What the header says.
#[derive(Debug, PartialEq)]
pub(super) struct ArrayHeader {
    pub(super) stored: Stored,
    pub(super) big_endian: bool,
    pub(super) fortran_order: bool,
    pub(super) shape: Vec<usize>,
}

/// Everything before the elements, for version 1.0. There are at most [`MAX_RANK`] axes, so the length fits.
pub(super) fn write(dtype: DType, shape: &[usize]) -> Vec<u8> {
    let descr = match dtype {
        DType::F32 => "<f4",
        DType::F64 => "<f8",
        DType::U8 => "|u1",
        DType::U32 => "<u4",
        DType::I64 => "<i8",
    };
    let mut sizes: Vec<String> = shape.iter().map(usize::to_string).collect();
    if let [_] = shape {
        // Python writes a tuple of one with a comma behind it.
        sizes.push(String::new());
    }
    let sizes = sizes.join(", ");
    let mut text = format!(
        "{{'descr': '{descr}', 'fortran_order': False, 'shape': ({}), }}",
        sizes.trim_end()
    );
    let before = MAGIC.len() + 4;
    let total = (before + text.len() + 1).next_multiple_of(ALIGNMENT);
    text.push_str(&" ".repeat(total - before - text.len() - 1));
    text.push('\n');

    let mut header = MAGIC.to_vec();
    header.extend([1, 0]);
    header.extend((text.len() as u16).to_le_bytes());
    header.extend(text.bytes());
    header
}

/// A problem and its place, in bytes from the start of the dictionary.
type Problem = (usize, String);

/// Reads a dictionary with exactly the keys `descr`, `fortran_order` and `shape`, in any order.
pub(super) fn parse(text: &[u8]) -> Result<ArrayHeader, Problem> {
    let mut parser = Parser { text, at: 0 };
    let (mut descr, mut fortran_order, mut shape) = (None, None, None);
    parser.expect(b'{')?;
    while !parser.accept(b'}') {
        let at = parser.skip_space();
        let key = parser.string()?;
        parser.expect(b':')?;
        let repeated = match key {
            b"descr" => descr.replace(parser.descr()?).is_some(),
            b"fortran_order" => fortran_order.replace(parser.boolean()?).is_some(),
            b"shape" => shape.replace(parser.shape()?).is_some(),
            _ => {
                let key = String::from_utf8_lossy(key);
                return Err((
                    at,
                    format!("the header has an unknown key {key:?}; the file is damaged"),
                ));
            }
        };
        if repeated {
            return Err((
                at,
                "the header has the same key twice; the file is damaged".into(),
            ));
        }
        if !parser.accept(b',') {
            parser.expect(b'}')?;
            break;
        }
    }
    let end = parser.skip_space();
    if end != text.len() {
        return Err((
            end,
            "the header goes on behind its closing brace; the file is damaged".into(),
        ));
    }
    let missing = |key| {
        (
            0,
            format!("the header lacks the key '{key}'; the file is damaged"),
        )
    };
    let (stored, big_endian) = descr.ok_or_else(|| missing("descr"))?;
    Ok(ArrayHeader {
        stored,
        big_endian,
        fortran_order: fortran_order.ok_or_else(|| missing("fortran_order"))?,
        shape: shape.ok_or_else(|| missing("shape"))?,
    })
}

struct Parser<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    /// Moves to the next byte that is no white space, and says where that is.
    fn skip_space(&mut self) -> usize {
        while self.peek().is_some_and(|b| b.is_ascii_whitespace()) {
            self.at += 1;
        }
        self.at
    }

    fn accept(&mut self, byte: u8) -> bool {
        self.skip_space();
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, byte: u8) -> Result<(), Problem> {
        if self.accept(byte) {
            return Ok(());
        }
        Err(self.unexpected(&format!("'{}'", byte as char)))
    }

    fn unexpected(&self, expected: &str) -> Problem {
        let found = match self.peek() {
            Some(b) if b.is_ascii_graphic() => format!("'{}'", b as char),
            Some(b) => format!("byte {b:#04x}"),
            None => "the end".into(),
        };
        (
            self.at,
            format!("the header has {found} where {expected} was expected; the file is damaged"),
        )
    }

    fn string(&mut self) -> Result<&'a [u8], Problem> {
        self.skip_space();
        let quote = match self.peek() {
            Some(quote @ (b'\'' | b'"')) => quote,
            _ => return Err(self.unexpected("a quoted name")),
        };
        let start = self.at + 1;
        let Some(length) = self.text[start..].iter().position(|&b| b == quote) else {
            return Err((
                self.at,
                "the header has a quote that does not close; the file is damaged".into(),
            ));
        };
        self.at = start + length + 1;
        Ok(&self.text[start..start + length])
    }

    /// An element type such as `'<f4'`, and whether it is big-endian.
    fn descr(&mut self) -> Result<(Stored, bool), Problem> {
        let at = self.skip_space();
        if self.peek() == Some(b'[') {
            return Err((at, "this is a table of named columns, not an array of numbers; save one column at a time".into()));
        }
        let descr = self.string()?;
        let refuse = || {
            let descr = String::from_utf8_lossy(descr);
            let why = match descr
                .trim_start_matches(['<', '>', '=', '|'])
                .bytes()
                .next()
            {
                Some(b'O') => "Python objects, which only Python can read",
                Some(b'c') => "complex numbers",
                Some(b'U' | b'S' | b'a') => "text",
                Some(b'M' | b'm') => "dates or times",
                _ => "of a type that cannot be read",
            };
            (
                at,
                format!(
                    "the elements ('{descr}') are {why}; convert them with .astype('float32') and save again"
                ),
            )
        };
        let [order, kind @ ..] = descr else {
            return Err(refuse());
        };
        let big_endian = match order {
            b'<' | b'|' => false,
            b'>' => true,
            b'=' => cfg!(target_endian = "big"),
            _ => return Err(refuse()),
        };
        let stored = match kind {
            b"b1" | b"?" => Stored::Bool,
            b"i1" => Stored::I8,
            b"u1" => Stored::U8,
            b"i2" => Stored::I16,
            b"u2" => Stored::U16,
            b"i4" => Stored::I32,
            b"u4" => Stored::U32,
            b"i8" => Stored::I64,
            b"u8" => Stored::U64,
            b"f2" => Stored::F16,
            b"f4" => Stored::F32,
            b"f8" => Stored::F64,
            _ => return Err(refuse()),
        };
        if *order == b'|' && stored.size() > 1 {
            return Err(refuse());
        }
        Ok((stored, big_endian))
    }

    fn boolean(&mut self) -> Result<bool, Problem> {
        self.skip_space();
        for (word, value) in [(&b"True"[..], true), (b"False", false)] {
            if self.text[self.at..].starts_with(word) {
                self.at += word.len();
                return Ok(value);
            }
        }
        Err(self.unexpected("True or False"))
    }

    fn shape(&mut self) -> Result<Vec<usize>, Problem> {
        let start = self.skip_space();
        let mut shape = Vec::new();
        self.expect(b'(')?;
        while !self.accept(b')') {
            shape.push(self.number()?);
            if shape.len() > MAX_RANK {
                return Err((
                    start,
                    format!("the array has more than {MAX_RANK} axes; the file is damaged"),
                ));
            }
            if !self.accept(b',') {
                if shape.len() == 1 {
                    // `(3)` is a number in Python, not a tuple.
                    return Err(self.unexpected("','"));
                }
                self.expect(b')')?;
                break;
            }
        }
        Ok(shape)
    }

    fn number(&mut self) -> Result<usize, Problem> {
        let start = self.skip_space();
        let mut value = 0usize;
        while let Some(digit @ b'0'..=b'9') = self.peek() {
            value = value
                .checked_mul(10)
                .and_then(|v| v.checked_add(usize::from(digit - b'0')))
                .ok_or_else(|| {
                    (
                        start,
                        "the header has a size that no array can have; the file is damaged"
                            .to_owned(),
                    )
                })?;
            self.at += 1;
        }
        if self.at == start {
            return Err(self.unexpected("a size"));
        }
        // Python 2 marked long integers so.
        if self.peek() == Some(b'L') {
            self.at += 1;
        }
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(text: &str) -> Result<ArrayHeader, Problem> {
        parse(text.as_bytes())
    }

    #[test]
    fn what_numpy_writes_is_read() {
        let expected = |shape: &[usize]| ArrayHeader {
            stored: Stored::F32,
            big_endian: false,
            fortran_order: false,
            shape: shape.to_vec(),
        };
        for (text, shape) in [
            (
                "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }     \n",
                &[2, 3][..],
            ),
            (
                "{'descr': '<f4', 'fortran_order': False, 'shape': (7,), }\n",
                &[7],
            ),
            (
                "{'descr': '<f4', 'fortran_order': False, 'shape': (), }",
                &[],
            ),
            (
                "{\"shape\":(0,10),\"fortran_order\":False,\"descr\":\"<f4\"}",
                &[0, 10],
            ),
            (
                "{'descr': '<f4', 'fortran_order': False, 'shape': (2L, 3L)}",
                &[2, 3],
            ),
        ] {
            assert_eq!(header(text), Ok(expected(shape)), "{text}");
        }
        let odd = header("{'descr': '>i2', 'fortran_order': True, 'shape': (1,)}").unwrap();
        assert_eq!(
            (odd.stored, odd.big_endian, odd.fortran_order),
            (Stored::I16, true, true)
        );
    }

    #[test]
    fn what_is_written_is_read_back_and_aligned() {
        for shape in [&[][..], &[0], &[5], &[2, 3], &[usize::MAX; 64]] {
            for dtype in [DType::F32, DType::F64, DType::U8, DType::U32, DType::I64] {
                let bytes = write(dtype, shape);
                assert_eq!(bytes.len() % ALIGNMENT, 0);
                let length = u16::from_le_bytes([bytes[8], bytes[9]]) as usize;
                assert_eq!(length, bytes.len() - 10);
                let header = parse(&bytes[10..]).unwrap();
                assert_eq!(header.shape, shape);
                assert_eq!(header.stored, super::super::elements::stored(dtype));
            }
        }
    }

    #[test]
    fn anything_else_is_refused_with_its_place() {
        let full =
            |shape: &str| format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}");
        for (text, at, word) in [
            (String::new(), 0, "the end"),
            ("[]".into(), 0, "'['"),
            ("{}".into(), 0, "descr"),
            ("{'descr'".into(), 8, "':'"),
            ("{'descr".into(), 1, "close"),
            (
                "{'descr': '|O', 'fortran_order': False, 'shape': ()}".into(),
                10,
                "Python objects",
            ),
            (
                "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': ()}".into(),
                10,
                "columns",
            ),
            ("{'descr': '', }".into(), 10, "cannot be read"),
            ("{'descr': '|f4', }".into(), 10, "cannot be read"),
            ("{'descr': '<f4', 'descr': '<f4'}".into(), 17, "twice"),
            ("{'colour': 1}".into(), 1, "colour"),
            ("{'fortran_order': 0}".into(), 18, "True or False"),
            (full("(3)"), 52, "','"),
            (full("(-1,)"), 51, "a size"),
            (full("(1,,)"), 53, "a size"),
            (full("(1 2)"), 53, "','"),
            (full("(99999999999999999999,)"), 51, "no array"),
            (full("3"), 50, "'('"),
            (full("()") + "x", 55, "closing brace"),
            (full(&format!("({})", "1,".repeat(65))), 50, "64 axes"),
        ] {
            let (place, problem) = header(&text).expect_err(&text);
            assert!(problem.contains(word), "{text}: {problem}");
            assert_eq!(place, at, "{text}: {problem}");
        }
    }
}
