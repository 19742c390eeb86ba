//! Numbers of the elements in use (IANA, "IP Flow Information Export (IPFIX) Entities"). Those up to 127 are NetFlow v9's field types too.

pub(super) const OCTET_DELTA: u16 = 1;
pub(super) const PACKET_DELTA: u16 = 2;
pub(super) const SOURCE_IPV4: u16 = 8;
pub(super) const INGRESS_INTERFACE: u16 = 10;
pub(super) const DESTINATION_IPV4: u16 = 12;
pub(super) const EGRESS_INTERFACE: u16 = 14;
pub(super) const FLOW_END_SYS_UP_TIME: u16 = 21;
pub(super) const FLOW_START_SYS_UP_TIME: u16 = 22;
pub(super) const POST_OCTET_DELTA: u16 = 23;
pub(super) const POST_PACKET_DELTA: u16 = 24;
pub(super) const SOURCE_IPV6: u16 = 27;
pub(super) const DESTINATION_IPV6: u16 = 28;
pub(super) const SAMPLING_INTERVAL: u16 = 34;
pub(super) const SAMPLER_ID: u16 = 48;
pub(super) const SAMPLER_RANDOM_INTERVAL: u16 = 50;
pub(super) const SOURCE_MAC: u16 = 56;
pub(super) const POST_DESTINATION_MAC: u16 = 57;
pub(super) const VLAN_ID: u16 = 58;
pub(super) const POST_VLAN_ID: u16 = 59;
pub(super) const IP_VERSION: u16 = 60;
pub(super) const FLOW_DIRECTION: u16 = 61;
pub(super) const DESTINATION_MAC: u16 = 80;
pub(super) const POST_SOURCE_MAC: u16 = 81;
pub(super) const OCTET_TOTAL: u16 = 85;
pub(super) const PACKET_TOTAL: u16 = 86;
/// Where in the frame a section (104) begins.
pub(super) const LAYER2_SECTION_OFFSET: u16 = 102;
/// Size of the frame of which a section (104) was taken; 312 took its place.
pub(super) const LAYER2_SECTION_SIZE: u16 = 103;
pub(super) const LAYER2_SECTION_DATA: u16 = 104;
pub(super) const FLOW_START_SECONDS: u16 = 150;
pub(super) const FLOW_END_SECONDS: u16 = 151;
pub(super) const FLOW_START_MILLISECONDS: u16 = 152;
pub(super) const FLOW_END_MILLISECONDS: u16 = 153;
pub(super) const FLOW_START_MICROSECONDS: u16 = 154;
pub(super) const FLOW_END_MICROSECONDS: u16 = 155;
pub(super) const FLOW_START_NANOSECONDS: u16 = 156;
pub(super) const FLOW_END_NANOSECONDS: u16 = 157;
pub(super) const FLOW_START_DELTA_MICROSECONDS: u16 = 158;
pub(super) const FLOW_END_DELTA_MICROSECONDS: u16 = 159;
pub(super) const SYSTEM_INIT_MILLISECONDS: u16 = 160;
pub(super) const OCTET_DELTA_SUM_OF_SQUARES: u16 = 198;
pub(super) const INITIATOR_OCTETS: u16 = 231;
pub(super) const DOT1Q_VLAN_ID: u16 = 243;
pub(super) const DOT1Q_CUSTOMER_VLAN_ID: u16 = 245;
pub(super) const INGRESS_PHYSICAL_INTERFACE: u16 = 252;
pub(super) const EGRESS_PHYSICAL_INTERFACE: u16 = 253;
pub(super) const POST_DOT1Q_VLAN_ID: u16 = 254;
pub(super) const POST_DOT1Q_CUSTOMER_VLAN_ID: u16 = 255;
pub(super) const ETHERNET_TYPE: u16 = 256;
pub(super) const INITIATOR_PACKETS: u16 = 298;
pub(super) const SELECTOR_ID: u16 = 302;
pub(super) const SELECTOR_ALGORITHM: u16 = 304;
pub(super) const SAMPLING_PACKET_INTERVAL: u16 = 305;
pub(super) const SAMPLING_PACKET_SPACE: u16 = 306;
pub(super) const SAMPLING_TIME_INTERVAL: u16 = 307;
pub(super) const SAMPLING_TIME_SPACE: u16 = 308;
pub(super) const SAMPLING_SIZE: u16 = 309;
pub(super) const SAMPLING_POPULATION: u16 = 310;
pub(super) const SAMPLING_PROBABILITY: u16 = 311;
pub(super) const DATA_LINK_FRAME_SIZE: u16 = 312;
pub(super) const IP_HEADER_PACKET_SECTION: u16 = 313;
pub(super) const DATA_LINK_FRAME_SECTION: u16 = 315;
pub(super) const SELECTOR_PACKETS_OBSERVED: u16 = 318;
pub(super) const SELECTOR_PACKETS_SELECTED: u16 = 319;
pub(super) const OBSERVATION_TIME_SECONDS: u16 = 322;
pub(super) const OBSERVATION_TIME_MILLISECONDS: u16 = 323;
pub(super) const OBSERVATION_TIME_MICROSECONDS: u16 = 324;
pub(super) const OBSERVATION_TIME_NANOSECONDS: u16 = 325;
pub(super) const LAYER2_SEGMENT_ID: u16 = 351;
pub(super) const LAYER2_OCTET_DELTA: u16 = 352;
pub(super) const LAYER2_OCTET_TOTAL: u16 = 353;
pub(super) const DATA_LINK_FRAME_TYPE: u16 = 408;
pub(super) const SECTION_OFFSET: u16 = 409;
pub(super) const SECTION_EXPORTED_OCTETS: u16 = 410;

/// The enterprise under whose number an element is that of the way back (RFC 5103, section 6.1).
pub(super) const REVERSE: u32 = 29_305;

/// The scopes of NetFlow v9 (RFC 3954, section 6.1) are numbers of their own; this one is an interface.
pub(super) const SCOPE_INTERFACE: u16 = 2;
