//! Reasons, in English.

/// Why traffic is not between two known members, as it stands after "mostly".
pub(super) const UNATTRIBUTED: &[(&str, &str)] = &[
    ("unknown_source", "unknown source"),
    ("unknown_destination", "unknown destination"),
    ("unknown_both", "unknown source and destination"),
    ("group_destination", "broadcast and multicast"),
    ("no_layer2", "no layer-2 address told"),
    ("ambiguous_mac", "a MAC address of several members"),
    ("overflow", "more cells than one window holds"),
    ("tunnelled", "tunnelled between switches (VXLAN, MPLS)"),
    ("discarded", "dropped by the switch"),
    ("multiple_outputs", "sent to several ports"),
    ("other_direction", "metered in the other direction too"),
    ("core_port", "sampled again at a port between switches"),
];

/// Why something was stepped over. What was lost by it stands at the end, where that is not all of it.
pub(super) const SKIPPED: &[(&str, &str)] = &[
    // Whole datagrams.
    ("stranger", "Datagram of a sender that is not on the list"),
    ("unknown_protocol", "Datagram of no protocol that is known here"),
    ("other_protocol", "Datagram of another protocol than its version says"),
    ("truncated_datagram", "Datagram that ends inside its header"),
    ("duplicate_datagram", "Datagram that came twice"),
    ("not_sflow", "Datagram that is not sFlow"),
    ("not_flow_records", "Datagram that is neither NetFlow nor IPFIX"),
    ("short_message", "IPFIX message shorter than its own header"),
    ("unknown_agent_address_type", "Datagram whose agent address is neither IPv4 nor IPv6"),
    ("too_many_exporters", "Datagram of one exporter more than are remembered"),
    ("too_many_agents", "Datagram of one agent more than a sender may speak for"),
    // Samples of sFlow.
    ("sample_overrun", "Sample longer than its datagram; those behind it are lost too"),
    ("short_sample", "Sample too short for its fixed part"),
    ("missing_samples", "Fewer samples than the datagram declares; the others were read"),
    ("unknown_sample", "Sample of an unknown format"),
    ("unknown_structure", "Structure of an unknown kind before sFlow v5; the datagram's rest is lost"),
    ("discarded_packet", "Notice of a packet that the switch dropped; no exchanged traffic"),
    ("no_packet_record", "Flow sample without a packet"),
    // Records.
    ("record_overrun", "Record longer than its sample; those behind it are lost too"),
    ("broken_record", "Record that breaks its format"),
    ("missing_records", "Fewer records than declared; the others were read"),
    ("unused_record", "Record that the matrix has no use for"),
    ("repeated_record", "Record of a kind that the sample already had"),
    ("header_overrun", "Packet header cut short; what is there was read"),
    ("implausible_length", "Length that no frame has"),
    ("trailing_octets", "Octets behind the last record, as some devices pad"),
    // Sets and templates of NetFlow v9 and IPFIX.
    ("set_overrun", "Set longer than its message; those behind it are lost too"),
    ("short_set", "Set shorter than its own header; the message's rest is lost"),
    ("unknown_set", "Set of an unknown kind"),
    ("cut_message", "Message longer than its datagram; what came was read"),
    ("broken_template", "Template that breaks its format"),
    ("empty_template", "Template whose records would be empty"),
    ("oversized_template", "Template with too many or too long fields"),
    ("data_sets_without_template", "Data before its template came; held for it a short while"),
    ("data_sets_of_withdrawn_template", "Data of a template that was withdrawn"),
    ("held_data_sets_expired", "Held data whose template did not come in time"),
    ("held_data_sets_dropped", "Held data that had to make room"),
    ("templates_evicted", "Template forgotten to make room for another"),
    ("samplers_refused", "Sampler's rate for which there was no room"),
];
