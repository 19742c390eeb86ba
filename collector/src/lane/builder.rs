//! Messages of NetFlow v9 and IPFIX, put together for tests.

use schema::Protocol;

/// A field specifier: an element and its length.
pub(crate) type Field = (u16, u16);

/// Octets and packets, in four octets each.
pub(crate) const SHORT: &[Field] = &[(1, 4), (2, 4)];

/// A message with some sets.
pub(crate) struct Message {
    protocol: Protocol,
    domain: u32,
    sequence: u32,
    sets: Vec<u8>,
}

impl Message {
    pub(crate) fn new(protocol: Protocol, domain: u32, sequence: u32) -> Self {
        Self { protocol, domain, sequence, sets: Vec::new() }
    }

    pub(crate) fn ipfix(sequence: u32) -> Self {
        Self::new(Protocol::Ipfix, 0, sequence)
    }

    fn set(mut self, id: u16, body: &[u8]) -> Self {
        self.sets.extend(id.to_be_bytes());
        self.sets.extend((body.len() as u16 + 4).to_be_bytes());
        self.sets.extend(body);
        self
    }

    pub(crate) fn template(self, id: u16, fields: &[Field]) -> Self {
        let set = if self.protocol == Protocol::Ipfix { 2 } else { 0 };
        let mut body = halves(&[id, fields.len() as u16]);
        fields.iter().for_each(|(element, length)| body.extend(halves(&[*element, *length])));
        self.set(set, &body)
    }

    /// An options template of IPFIX; the first field is the scope.
    pub(crate) fn options(self, id: u16, fields: &[Field]) -> Self {
        let mut body = halves(&[id, fields.len() as u16, 1]);
        fields.iter().for_each(|(element, length)| body.extend(halves(&[*element, *length])));
        self.set(3, &body)
    }

    /// Withdraws one template of IPFIX, or with 2 and 3 all for data and all for options.
    pub(crate) fn withdraw(self, id: u16) -> Self {
        let set = if id == 3 { 3 } else { 2 };
        self.set(set, &halves(&[id, 0]))
    }

    pub(crate) fn data(self, id: u16, records: &[u8]) -> Self {
        self.set(id, records)
    }

    /// Records of [`SHORT`], each of so many octets in one packet.
    pub(crate) fn short(self, id: u16, octets: &[u32]) -> Self {
        let records: Vec<u8> = octets.iter().flat_map(|octets| [octets.to_be_bytes(), 1_u32.to_be_bytes()].concat()).collect();
        self.data(id, &records)
    }

    pub(crate) fn octets(&self) -> Vec<u8> {
        let mut message = match self.protocol {
            Protocol::Ipfix => [halves(&[10, self.sets.len() as u16 + 16]), words(&[0, self.sequence, self.domain])].concat(),
            _ => [halves(&[9, 1]), words(&[1_000, 0, self.sequence, self.domain])].concat(),
        };
        message.extend(&self.sets);
        message
    }
}

fn halves(halves: &[u16]) -> Vec<u8> {
    halves.iter().flat_map(|half| half.to_be_bytes()).collect()
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_be_bytes()).collect()
}
