//! Files of ITCH 5.0 that the tests make up, byte by byte as its specification lays them out.

/// Nanoseconds since midnight of the first message: half past nine.
pub(crate) const OPEN: u64 = 34_200_000_000_000;

/// The stock of most tests.
pub(crate) const AAPL: (u16, &str) = (13, "AAPL");
/// Another one.
pub(crate) const MSFT: (u16, &str) = (14, "MSFT");

/// Writes messages, each a microsecond behind the one before it.
#[derive(Clone, Default)]
pub(crate) struct Itch {
    /// The messages behind their lengths.
    pub(crate) bytes: Vec<u8>,
    /// Where each message begins, with its length.
    pub(crate) starts: Vec<usize>,
    time: u64,
}

impl Itch {
    /// A day of these stocks.
    pub(crate) fn day(stocks: &[(u16, &str)]) -> Self {
        let mut itch = Self::in_midday();
        itch.event(b'O');
        for &(locate, stock) in stocks {
            itch.directory(locate, stock);
        }
        itch
    }

    /// A file without the start of a day.
    pub(crate) fn in_midday() -> Self {
        Self {
            time: OPEN,
            ..Self::default()
        }
    }

    /// A message of this kind.
    pub(crate) fn message(&mut self, kind: u8, locate: u16, fields: &[&[u8]]) -> &mut Self {
        let mut message = vec![kind];
        message.extend(locate.to_be_bytes());
        message.extend([0, 0]);
        message.extend(&self.time.to_be_bytes()[2..]);
        for field in fields {
            message.extend(*field);
        }
        self.time += 1_000;
        self.starts.push(self.bytes.len());
        let length = u16::try_from(message.len()).unwrap();
        self.bytes.extend(length.to_be_bytes());
        self.bytes.extend(message);
        self
    }

    pub(crate) fn event(&mut self, code: u8) -> &mut Self {
        self.message(b'S', 0, &[&[code]])
    }

    pub(crate) fn directory(&mut self, locate: u16, stock: &str) -> &mut Self {
        let lot = 100_u32.to_be_bytes();
        let rest = b"NCZ PNN1N\0\0\0\0N";
        self.message(b'R', locate, &[&padded(stock), b"QN", &lot, rest])
    }

    pub(crate) fn add(
        &mut self,
        (locate, stock): (u16, &str),
        order: u64,
        side: u8,
        shares: u32,
        price: u32,
    ) -> &mut Self {
        let (order, shares) = (order.to_be_bytes(), shares.to_be_bytes());
        let price = price.to_be_bytes();
        let fields: [&[u8]; 5] = [&order, &[side], &shares, &padded(stock), &price];
        self.message(b'A', locate, &fields)
    }

    /// An order that trades at its own price.
    pub(crate) fn executed(&mut self, locate: u16, order: u64, shares: u32) -> &mut Self {
        let (order, shares) = (order.to_be_bytes(), shares.to_be_bytes());
        self.message(b'E', locate, &[&order, &shares, &7_u64.to_be_bytes()])
    }

    /// An order that trades at another price.
    pub(crate) fn executed_at(
        &mut self,
        locate: u16,
        order: u64,
        shares: u32,
        printable: u8,
        price: u32,
    ) -> &mut Self {
        let (order, shares) = (order.to_be_bytes(), shares.to_be_bytes());
        let (number, price) = (8_u64.to_be_bytes(), price.to_be_bytes());
        let fields: [&[u8]; 5] = [&order, &shares, &number, &[printable], &price];
        self.message(b'C', locate, &fields)
    }

    pub(crate) fn cancel(&mut self, locate: u16, order: u64, shares: u32) -> &mut Self {
        let (order, shares) = (order.to_be_bytes(), shares.to_be_bytes());
        self.message(b'X', locate, &[&order, &shares])
    }

    pub(crate) fn delete(&mut self, locate: u16, order: u64) -> &mut Self {
        self.message(b'D', locate, &[&order.to_be_bytes()])
    }

    pub(crate) fn replace(
        &mut self,
        locate: u16,
        order: u64,
        new: u64,
        shares: u32,
        price: u32,
    ) -> &mut Self {
        let (order, new) = (order.to_be_bytes(), new.to_be_bytes());
        let (shares, price) = (shares.to_be_bytes(), price.to_be_bytes());
        self.message(b'U', locate, &[&order, &new, &shares, &price])
    }

    /// A trade that the book does not show.
    pub(crate) fn trade(
        &mut self,
        (locate, stock): (u16, &str),
        shares: u32,
        price: u32,
        number: u64,
    ) -> &mut Self {
        let (none, shares) = (0_u64.to_be_bytes(), shares.to_be_bytes());
        let (price, number) = (price.to_be_bytes(), number.to_be_bytes());
        let fields: [&[u8]; 6] = [&none, b"B", &shares, &padded(stock), &price, &number];
        self.message(b'P', locate, &fields)
    }

    /// The messages in another sequence.
    pub(crate) fn swapped(&self, one: usize, other: usize) -> Vec<u8> {
        let ends = self.starts[1..].iter().copied().chain([self.bytes.len()]);
        let mut messages: Vec<_> = self.starts.iter().copied().zip(ends).collect();
        messages.swap(one, other);
        let messages = messages.into_iter();
        messages
            .flat_map(|(start, end)| self.bytes[start..end].to_vec())
            .collect()
    }
}

/// A symbol as a field has it.
pub(crate) fn padded(stock: &str) -> [u8; 8] {
    let mut field = [b' '; 8];
    field[..stock.len()].copy_from_slice(stock.as_bytes());
    field
}
