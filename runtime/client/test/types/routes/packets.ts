// Packets as serde writes them.

import type { RoutePacket } from 'outflow';

export const PlainPackets: RoutePacket<'/shapes/Plain'>[] = [
  {"count":1,"letter":"x","on":true,"ratio":0.5,"some":1,"text":"a"},
];
// @ts-expect-error: none of it
export const PlainNot0: RoutePacket<'/shapes/Plain'> = {"text":"a"};
// @ts-expect-error: none of it
export const PlainNot1: RoutePacket<'/shapes/Plain'> = "a";
// @ts-expect-error: none of it
export const PlainNot2: RoutePacket<'/shapes/Plain'> = {"count":1,"letter":"x","on":true,"ratio":1,"some":1,"text":1};

export const OptionsPackets: RoutePacket<'/shapes/Options'>[] = [
  {"always":null,"within":[null,true]},
  {"always":1,"sometimes":"a","within":[]},
];
// @ts-expect-error: none of it
export const OptionsNot0: RoutePacket<'/shapes/Options'> = {"within":[]};
// @ts-expect-error: none of it
export const OptionsNot1: RoutePacket<'/shapes/Options'> = {"_never":0,"always":1,"within":[]};
// @ts-expect-error: none of it
export const OptionsNot2: RoutePacket<'/shapes/Options'> = {"always":1,"within":[1]};

export const LargePackets: RoutePacket<'/shapes/Large'>[] = [
  {"id":1,"list":[1],"offset":-9223372036854775808,"size":18446744073709551615},
];
// @ts-expect-error: none of it
export const LargeNot0: RoutePacket<'/shapes/Large'> = {"id":1,"list":[],"offset":1,"size":"1"};

export const ExternalPackets: RoutePacket<'/shapes/External'>[] = [
  "Unit",
  {"Newtype":1},
  {"Tuple":[1,"a"]},
  {"Struct":{"a":true}},
];
// @ts-expect-error: none of it
export const ExternalNot0: RoutePacket<'/shapes/External'> = "Newtype";
// @ts-expect-error: none of it
export const ExternalNot1: RoutePacket<'/shapes/External'> = {"Newtype":"a"};
// @ts-expect-error: none of it
export const ExternalNot2: RoutePacket<'/shapes/External'> = {"Tuple":[1]};
// @ts-expect-error: none of it
export const ExternalNot3: RoutePacket<'/shapes/External'> = {"Struct":{}};
// @ts-expect-error: none of it
export const ExternalNot4: RoutePacket<'/shapes/External'> = {"Other":1};

export const InternalPackets: RoutePacket<'/shapes/Internal'>[] = [
  {"type":"nothing_more"},
  {"count":1,"letter":"x","on":true,"ratio":0.5,"some":1,"text":"a","type":"newtype"},
  {"a":true,"b":null,"type":"struct"},
];
// @ts-expect-error: none of it
export const InternalNot0: RoutePacket<'/shapes/Internal'> = {"type":"other"};
// @ts-expect-error: none of it
export const InternalNot1: RoutePacket<'/shapes/Internal'> = {"type":"struct"};
// @ts-expect-error: none of it
export const InternalNot2: RoutePacket<'/shapes/Internal'> = {"text":"a","type":"newtype"};
// @ts-expect-error: none of it
export const InternalNot3: RoutePacket<'/shapes/Internal'> = "nothing_more";

export const AdjacentPackets: RoutePacket<'/shapes/Adjacent'>[] = [
  {"t":"Unit"},
  {"c":[1],"t":"Newtype"},
  {"c":{"a":true},"t":"Struct"},
];
// @ts-expect-error: none of it
export const AdjacentNot0: RoutePacket<'/shapes/Adjacent'> = {"t":"Newtype"};
// @ts-expect-error: none of it
export const AdjacentNot1: RoutePacket<'/shapes/Adjacent'> = {"c":[1],"t":"Struct"};
// @ts-expect-error: none of it
export const AdjacentNot2: RoutePacket<'/shapes/Adjacent'> = {"c":1};

export const UntaggedPackets: RoutePacket<'/shapes/Untagged'>[] = [
  "a",
  1,
  null,
  {"a":true},
];
// @ts-expect-error: none of it
export const UntaggedNot0: RoutePacket<'/shapes/Untagged'> = true;
// @ts-expect-error: none of it
export const UntaggedNot1: RoutePacket<'/shapes/Untagged'> = {};
// @ts-expect-error: none of it
export const UntaggedNot2: RoutePacket<'/shapes/Untagged'> = [];

export const KindPackets: RoutePacket<'/shapes/Kind'>[] = [
  "first-one",
  "second-one",
  "it's",
];
// @ts-expect-error: none of it
export const KindNot0: RoutePacket<'/shapes/Kind'> = "FirstOne";
// @ts-expect-error: none of it
export const KindNot1: RoutePacket<'/shapes/Kind'> = 1;

export const UndocumentedPackets: RoutePacket<'/shapes/Undocumented'>[] = [
  "A",
  "B",
];
// @ts-expect-error: none of it
export const UndocumentedNot0: RoutePacket<'/shapes/Undocumented'> = "C";

export const TreePackets: RoutePacket<'/shapes/Tree'>[] = [
  {"children":[{"children":[],"name":"t","parent":null}],"name":"t","parent":null},
  {"children":[],"name":"t","parent":{"children":[],"name":"t","parent":null}},
];
// @ts-expect-error: none of it
export const TreeNot0: RoutePacket<'/shapes/Tree'> = {"children":[1],"name":"t","parent":null};
// @ts-expect-error: none of it
export const TreeNot1: RoutePacket<'/shapes/Tree'> = {"children":[],"name":"t"};

export const BoxedPackets: RoutePacket<'/shapes/Boxed'>[] = [
  "a",
  "b",
  1,
  "c",
];
// @ts-expect-error: none of it
export const BoxedNot0: RoutePacket<'/shapes/Boxed'> = true;
// @ts-expect-error: none of it
export const BoxedNot1: RoutePacket<'/shapes/Boxed'> = null;

export const MapsPackets: RoutePacket<'/shapes/Maps'>[] = [
  {"by_kind":{"first-one":true},"by_number":{"7":"b"},"by_text":{"a":1},"set":["a"]},
];
// @ts-expect-error: none of it
export const MapsNot0: RoutePacket<'/shapes/Maps'> = {"by_kind":{},"by_number":{},"by_text":{"a":"1"},"set":[]};
// @ts-expect-error: none of it
export const MapsNot1: RoutePacket<'/shapes/Maps'> = {"by_kind":{},"by_number":{"7":1},"by_text":{},"set":[]};
// @ts-expect-error: none of it
export const MapsNot2: RoutePacket<'/shapes/Maps'> = {"by_kind":{"first-one":1},"by_number":{},"by_text":{},"set":[]};
// @ts-expect-error: none of it
export const MapsNot3: RoutePacket<'/shapes/Maps'> = {"by_kind":{},"by_number":{},"by_text":{},"set":[1]};

export const TuplesPackets: RoutePacket<'/shapes/Tuples'>[] = [
  {"long":[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0],"nested":[null,null,[[1,2]]],"pair":[1,"a"],"points":[[1.0,2.0]]},
];
// @ts-expect-error: none of it
export const TuplesNot0: RoutePacket<'/shapes/Tuples'> = {"long":[],"nested":[null,null,[]],"pair":[1],"points":[]};
// @ts-expect-error: none of it
export const TuplesNot1: RoutePacket<'/shapes/Tuples'> = {"long":[],"nested":[null,null,[]],"pair":[1,"a",2],"points":[]};
// @ts-expect-error: none of it
export const TuplesNot2: RoutePacket<'/shapes/Tuples'> = {"long":[],"nested":[null,null,[]],"pair":[1,"a"],"points":[[1]]};
// @ts-expect-error: none of it
export const TuplesNot3: RoutePacket<'/shapes/Tuples'> = {"long":[],"nested":[null,1,[]],"pair":[1,"a"],"points":[]};

export const NewtypePackets: RoutePacket<'/shapes/Newtype'>[] = [
  ["a"],
];
// @ts-expect-error: none of it
export const NewtypeNot0: RoutePacket<'/shapes/Newtype'> = "a";
// @ts-expect-error: none of it
export const NewtypeNot1: RoutePacket<'/shapes/Newtype'> = [1];

export const TupleStructPackets: RoutePacket<'/shapes/TupleStruct'>[] = [
  [1,"it's"],
];
// @ts-expect-error: none of it
export const TupleStructNot0: RoutePacket<'/shapes/TupleStruct'> = [1];
// @ts-expect-error: none of it
export const TupleStructNot1: RoutePacket<'/shapes/TupleStruct'> = [1,"other"];

export const UnitPackets: RoutePacket<'/shapes/Unit'>[] = [
  null,
];
// @ts-expect-error: none of it
export const UnitNot0: RoutePacket<'/shapes/Unit'> = {};
// @ts-expect-error: none of it
export const UnitNot1: RoutePacket<'/shapes/Unit'> = 0;

export const EmptyPackets: RoutePacket<'/shapes/Empty'>[] = [
  {},
];
// @ts-expect-error: none of it
export const EmptyNot0: RoutePacket<'/shapes/Empty'> = null;
// @ts-expect-error: none of it
export const EmptyNot1: RoutePacket<'/shapes/Empty'> = 1;

export const FlatPackets: RoutePacket<'/shapes/Flat'>[] = [
  {"count":1,"id":1,"letter":"x","on":true,"ratio":0.5,"some":1,"text":"a","type":"nothing_more"},
  {"a":true,"b":1,"count":1,"id":1,"letter":"x","on":true,"ratio":0.5,"some":1,"text":"a","type":"struct"},
];
// @ts-expect-error: none of it
export const FlatNot0: RoutePacket<'/shapes/Flat'> = {"id":1,"type":"nothing_more"};

export const FlatMapPackets: RoutePacket<'/shapes/FlatMap'>[] = [
  {"a":true,"id":1},
];
// @ts-expect-error: none of it
export const FlatMapNot0: RoutePacket<'/shapes/FlatMap'> = {"a":true};
// @ts-expect-error: none of it
export const FlatMapNot1: RoutePacket<'/shapes/FlatMap'> = {"id":true};
// @ts-expect-error: none of it
export const FlatMapNot2: RoutePacket<'/shapes/FlatMap'> = {"a":[1],"id":1};

export const FlatExternalPackets: RoutePacket<'/shapes/FlatExternal'>[] = [
  {"byName":"a","id":1},
  {"byNumber":{"number":1},"id":1},
];
// @ts-expect-error: none of it
export const FlatExternalNot0: RoutePacket<'/shapes/FlatExternal'> = {"id":1};
// @ts-expect-error: none of it
export const FlatExternalNot1: RoutePacket<'/shapes/FlatExternal'> = {"byName":1,"id":1};

export const NamesPackets: RoutePacket<'/shapes/Names'>[] = [
  {"":3,"1st":1,"class":"b","content-type":"a","it's \\ \n":2},
];
// @ts-expect-error: none of it
export const NamesNot0: RoutePacket<'/shapes/Names'> = {"class":"b","content_type":"a"};

export const StrictPackets: RoutePacket<'/shapes/Strict'>[] = [
  {"a":1},
];
// @ts-expect-error: none of it
export const StrictNot0: RoutePacket<'/shapes/Strict'> = {"a":1,"b":1};

export const OpenPackets: RoutePacket<'/shapes/Open'>[] = [
  {"any":[1,"a",null],"list":[{}],"object":{"a":1}},
];
// @ts-expect-error: none of it
export const OpenNot0: RoutePacket<'/shapes/Open'> = {"any":1,"list":[],"object":1};

export const DocumentedPackets: RoutePacket<'/shapes/Documented'>[] = [
  {"at":"2026-01-01T00:00:00Z","old":1,"outcome":{"Err":"a"},"took":{"nanos":500000000,"secs":1}},
];
// @ts-expect-error: none of it
export const DocumentedNot0: RoutePacket<'/shapes/Documented'> = {"at":1,"old":1,"outcome":{"Ok":1},"took":{"nanos":1,"secs":1}};
// @ts-expect-error: none of it
export const DocumentedNot1: RoutePacket<'/shapes/Documented'> = {"at":"a","old":1,"outcome":{"Ok":1},"took":1};

export const PagePackets: RoutePacket<'/shapes/Page'>[] = [
  {"items":[{"count":1,"letter":"x","on":true,"ratio":0.5,"some":1,"text":"a"}],"next":null},
];
// @ts-expect-error: none of it
export const PageNot0: RoutePacket<'/shapes/Page'> = {"items":[1],"next":null};

export const stringPackets: RoutePacket<'/shapes/string'>[] = [
  {"default":true},
];
// @ts-expect-error: none of it
export const stringNot0: RoutePacket<'/shapes/string'> = "a";

export const BytesPackets: RoutePacket<'/shapes/Bytes'>[] = [
  [1,2],
];
// @ts-expect-error: none of it
export const BytesNot0: RoutePacket<'/shapes/Bytes'> = "a";
