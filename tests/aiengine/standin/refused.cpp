// SPDX-License-Identifier: Apache-2.0
// What must not compile: a line with a comment "refused: TEXT" must give an error with that text.
// "refused on 10" and "refused from 20" are for one kind of architecture; the line is right on the
// other one.
#include <aie_api/aie.hpp>

using namespace aie;

vector<float, 8> no_float;                    // refused: lanes of this type
vector<int8_t, 8> too_small;                  // refused: number of lanes
vector<int16_t, 24> odd;                      // refused: number of lanes
vector<int32_t, 64> too_large;                // refused: number of lanes
vector<uint16_t, 32> unsigned_words;          // refused on 10: lanes of this type
vector<uint32_t, 16> unsigned_longs;          // refused on 10: lanes of this type
mask<24> odd_mask = mask<24>::from_uint32(0); // refused: mask has these lanes
accum<acc48, 32> first_only;                  // refused from 20: no accumulator
accum<acc32, 32> later_only;                  // refused on 10: no accumulator
accum<aie_host::default_accumulator, 4> few;  // refused: number of lanes
auto wide_mask = mask<64>::from_uint32(0);    // refused: no match

const vector<int8_t, 32> bytes = zeros<int8_t, 32>();
const vector<int16_t, 32> words = zeros<int16_t, 32>();
const vector<int32_t, 16> longs = zeros<int32_t, 16>();

auto mixed = mul(bytes, words);                      // refused: multiplies these lanes
auto products = mul(longs, longs);                   // refused: multiplies these lanes
auto byte_products = mul(bytes, bytes);              // refused on 10: multiplies these lanes
auto byte_sum = add(bytes, bytes);                   // refused on 10: on 8-bit lanes
auto byte_maximum = max(bytes, bytes);               // refused on 10: on 8-bit lanes
auto reduced = reduce_add(words);                    // refused: no match
auto wider = longs.unpack();                         // refused: no match
auto narrower = bytes.pack();                        // refused: no match
auto unequal = concat(words, words.extract<16>(0));  // refused: no match
auto unequal_max = max(words, words.extract<16>(0)); // refused: no match
