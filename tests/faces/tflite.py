# SPDX-License-Identifier: MIT OR Apache-2.0
"""Writes TFLite files without TensorFlow: plain chains of convolutions, with the schema that the runtime's
own package carries.

Filters are [out, rows, columns, in], tensors [1, rows, columns, channels], all float32.
"""

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

CONV_2D = schema.BuiltinOperator.CONV_2D


def _out(size, kernel, stride, padding):
    return -(-size // stride) if padding == "SAME" else (size - kernel) // stride + 1


class _Graph:
    def __init__(self):
        self.buffers, self.tensors, self.operators = [schema.BufferT()], [], []

    def tensor(self, name, shape, values=None):
        tensor = schema.TensorT()
        tensor.name, tensor.shape, tensor.type, tensor.buffer = name, list(shape), schema.TensorType.FLOAT32, 0
        if values is not None:
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(np.ascontiguousarray(values, np.float32).tobytes(), np.uint8)
            self.buffers.append(buffer)
            tensor.buffer = len(self.buffers) - 1
        self.tensors.append(tensor)
        return len(self.tensors) - 1


def convolutions(layers, height, width, description):
    """The file's bytes. A layer is {"w", "b", "stride", "padding": SAME or VALID, "relu6"}."""
    graph = _Graph()
    shape = [1, height, width, int(layers[0]["w"].shape[3])]
    at = first = graph.tensor("input", shape)
    for index, layer in enumerate(layers):
        out, rows, columns, _ = layer["w"].shape
        down, across = (int(step) for step in layer["stride"])
        padding = str(layer["padding"])
        shape = [1, _out(shape[1], rows, down, padding), _out(shape[2], columns, across, padding), int(out)]
        options = schema.Conv2DOptionsT()
        options.padding = schema.Padding.SAME if padding == "SAME" else schema.Padding.VALID
        options.strideH, options.strideW = down, across
        options.dilationHFactor = options.dilationWFactor = 1
        relu6 = bool(layer["relu6"])
        options.fusedActivationFunction = (
            schema.ActivationFunctionType.RELU6 if relu6 else schema.ActivationFunctionType.NONE
        )
        operator = schema.OperatorT()
        operator.opcodeIndex = 0
        operator.builtinOptionsType, operator.builtinOptions = schema.BuiltinOptions.Conv2DOptions, options
        operator.inputs = [
            at,
            graph.tensor(f"filter{index}", layer["w"].shape, layer["w"]),
            graph.tensor(f"bias{index}", layer["b"].shape, layer["b"]),
        ]
        at = graph.tensor(f"layer{index}", shape)
        operator.outputs = [at]
        graph.operators.append(operator)

    subgraph = schema.SubGraphT()
    subgraph.name, subgraph.tensors, subgraph.operators = "main", graph.tensors, graph.operators
    subgraph.inputs, subgraph.outputs = [first], [at]
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = CONV_2D
    code.version = 1
    model = schema.ModelT()
    model.version, model.description = 3, description
    model.operatorCodes, model.subgraphs, model.buffers = [code], [subgraph], graph.buffers
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())
