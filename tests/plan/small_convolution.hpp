// A convolutional network small enough to be counted by hand.
#pragma once

#include "net.hpp"

namespace neuspin::testing {

/// One convolution of a 2 × 6 × 5 map, pooled, and logits.
inline NetworkSpec smallConvolution(const Scheme& scheme, int passes) {
  NetworkSpec network;
  network.name = "small";
  network.input.shape = {2, 6, 5};
  network.input.encoding = InputEncoding::Unsigned;
  network.input.bits = 3;
  network.passes = passes;
  LayerSpec conv;
  conv.name = "conv";
  conv.conv = ConvSpec{.kernel = 3, .stride = 1, .padding = 1};
  conv.outputs = 8;
  conv.pool = 2;
  conv.scheme = scheme;
  LayerSpec logits;
  logits.name = "logits";
  logits.outputs = 3;
  logits.last = true;
  network.layers = {conv, logits};
  deriveShapes(network);
  return network;
}

}  // namespace neuspin::testing
