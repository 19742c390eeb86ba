//! Where senders of sampled frames, and numbers, stand in an sFlow datagram (sFlow version 5, as the simulator writes it).

/// `flow_sample` and `flow_sample_expanded`, and how many words of each lie before its records' count.
const FLOW_SAMPLES: [(u32, usize); 2] = [(1, 7), (3, 10)];

/// `sampled_header`: protocol, frame length, stripped, length; then the frame itself, first the receiver.
const SAMPLED_HEADER: u32 = 1;
const BEFORE_SENDER: usize = 4 * 4 + 6;

/// Moves the numbers of the datagram and of its samples on by so many.
pub(super) fn renumber(payload: &mut [u8], by: u32) {
    let address = address(payload);
    move_on(payload.get_mut(8 + address + 4..), by);
    each_sample(payload, &mut |_, sample| move_on(Some(sample), by));
}

fn move_on(number: Option<&mut [u8]>, by: u32) {
    if let Some(number) = number.and_then(|octets| octets.first_chunk_mut::<4>()) {
        *number = u32::from_be_bytes(*number).wrapping_add(by).to_be_bytes();
    }
}

/// Calls for the sender's address in each sampled frame.
pub(super) fn each_sender(payload: &mut [u8], call: &mut impl FnMut(&mut [u8; 6])) {
    each_sample(payload, &mut |kind, sample| {
        let Some((_, words)) = FLOW_SAMPLES.into_iter().find(|(of, _)| *of == kind) else { return };
        let Some(records) = sample.get_mut(4 * (words + 1)..) else { return };
        each_structure(records, &mut |kind, record| {
            let sender = record.get_mut(BEFORE_SENDER..).and_then(|rest| rest.first_chunk_mut::<6>());
            if let Some(sender) = sender.filter(|_| kind == SAMPLED_HEADER) {
                call(sender);
            }
        });
    });
}

/// Octets of the agent's address.
fn address(payload: &[u8]) -> usize {
    if word(payload, 4) == Some(2) { 16 } else { 4 }
}

/// Calls for each sample: its kind, and what it holds. It believes the lengths, so it is for the simulator's datagrams only.
fn each_sample(payload: &mut [u8], call: &mut dyn FnMut(u32, &mut [u8])) {
    // Version, kind of address, address, sub-agent, sequence number, uptime, count.
    let before = 8 + address(payload) + 16;
    if let Some(samples) = payload.get_mut(before..) {
        each_structure(samples, call);
    }
}

/// Calls for each structure of a list: its kind, and what it holds.
fn each_structure(mut list: &mut [u8], call: &mut dyn FnMut(u32, &mut [u8])) {
    while let (Some(kind), Some(length)) = (word(list, 0), word(list, 4)) {
        let Some((structure, rest)) = list.get_mut(8..).and_then(|behind| behind.split_at_mut_checked(length as usize)) else { return };
        call(kind, structure);
        list = rest;
    }
}

fn word(octets: &[u8], at: usize) -> Option<u32> {
    octets.get(at..)?.first_chunk().map(|word| u32::from_be_bytes(*word))
}
