using DataType = Onnx.TensorProto.Types.DataType;

namespace MLNet.Dispersion.Onnx;

/// <summary>The operators that networks are made of, in opset 18.</summary>
internal static class Operators
{
    /// <summary>The end of a dimension, wherever it is.</summary>
    internal const long End = long.MaxValue;

    internal static Value Add(this GraphBuilder graph, Value a, Value b) => graph.Node("Add", [a, b]);

    internal static Value Subtract(this GraphBuilder graph, Value a, Value b) => graph.Node("Sub", [a, b]);

    internal static Value Multiply(this GraphBuilder graph, Value a, Value b) => graph.Node("Mul", [a, b]);

    internal static Value Divide(this GraphBuilder graph, Value a, Value b) => graph.Node("Div", [a, b]);

    /// <summary>Times a number; the value itself where that is 1.</summary>
    internal static Value Times(this GraphBuilder graph, Value value, double factor) => factor == 1 ? value : graph.Multiply(value, graph.Number(factor));

    internal static Value Plus(this GraphBuilder graph, Value value, double number) => number == 0 ? value : graph.Add(value, graph.Number(number));

    internal static Value Product(this GraphBuilder graph, Value a, Value b) => graph.Node("MatMul", [a, b]);

    internal static Value Not(this GraphBuilder graph, Value value) => graph.Node("Not", [value]);

    internal static Value And(this GraphBuilder graph, Value a, Value b) => graph.Node("And", [a, b]);

    internal static Value Tanh(this GraphBuilder graph, Value value) => graph.Node("Tanh", [value]);

    internal static Value Sqrt(this GraphBuilder graph, Value value) => graph.Node("Sqrt", [value]);

    internal static Value Cast(this GraphBuilder graph, Value value, DataType type) => graph.Node("Cast", [value], ("to", (int)type));

    internal static Value Softmax(this GraphBuilder graph, Value value, int axis = -1) => graph.Node("Softmax", [value], ("axis", axis));

    internal static Value Where(this GraphBuilder graph, Value condition, Value yes, Value no) => graph.Node("Where", [condition, yes, no]);

    /// <summary>Gives another shape: 0 keeps the size at the same place, -1 takes what is left.</summary>
    internal static Value Reshape(this GraphBuilder graph, Value value, params long[] shape) => graph.Node("Reshape", [value, graph.Whole(shape)]);

    internal static Value Transpose(this GraphBuilder graph, Value value, params long[] order) => graph.Node("Transpose", [value], ("perm", order));

    internal static Value Unsqueeze(this GraphBuilder graph, Value value, params long[] axes) => graph.Node("Unsqueeze", [value, graph.Whole(axes)]);

    internal static Value Squeeze(this GraphBuilder graph, Value value, params long[] axes) => graph.Node("Squeeze", [value, graph.Whole(axes)]);

    internal static Value Gather(this GraphBuilder graph, Value value, Value indices, int axis = 0) => graph.Node("Gather", [value, indices], ("axis", axis));

    internal static Value Slice(this GraphBuilder graph, Value value, int axis, long start, long end) => graph.Node("Slice", [value, graph.Whole([start]), graph.Whole([end]), graph.Whole([axis])]);

    /// <summary>What stands behind a start <c>[1]</c>.</summary>
    internal static Value From(this GraphBuilder graph, Value value, int axis, Value start) => graph.Node("Slice", [value, start, graph.Whole([End]), graph.Whole([axis])]);

    internal static Value Concat(this GraphBuilder graph, int axis, params Value[] values) => graph.Node("Concat", values, ("axis", axis));

    internal static Value[] Split(this GraphBuilder graph, Value value, int axis, params long[] sizes) => graph.Nodes("Split", sizes.Length, [value, graph.Whole(sizes)], ("axis", axis));

    /// <summary>The size of one dimension, <c>[1]</c>, int64.</summary>
    internal static Value SizeOf(this GraphBuilder graph, Value value, int axis) => graph.Node("Shape", [value], ("start", axis), ("end", axis + 1));

    /// <summary>0, 1, 2, … below a size <c>[1]</c>, int64.</summary>
    internal static Value Range(this GraphBuilder graph, Value size) =>
        graph.Node("Range", [graph.Whole([0], isScalar: true), graph.Squeeze(size, 0), graph.Whole([1], isScalar: true)]);

    internal static Value Sum(this GraphBuilder graph, Value value, int axis, bool keeps) => graph.Node("ReduceSum", [value, graph.Whole([axis])], ("keepdims", keeps ? 1 : 0));

    internal static Value Mean(this GraphBuilder graph, Value value, int axis) => graph.Node("ReduceMean", [value, graph.Whole([axis])], ("keepdims", 1));

    internal static Value Max(this GraphBuilder graph, Value value, int axis, bool keeps) => graph.Node("ReduceMax", [value, graph.Whole([axis])], ("keepdims", keeps ? 1 : 0));

    internal static Value RunningSum(this GraphBuilder graph, Value value, int axis) => graph.Node("CumSum", [value, graph.Whole([axis], isScalar: true)]);

    /// <summary>The state of one token a row: <c>[B, L, F]</c> and columns <c>[B]</c> to <c>[B, F]</c>.</summary>
    internal static Value At(this GraphBuilder graph, Value states, Value columns) => graph.Node("GatherND", [states, graph.Unsqueeze(columns, 1)], ("batch_dims", 1));

    /// <summary>The first column of the greatest number, <c>[B]</c>; the numbers are whole ones, <c>[B, L]</c>.</summary>
    internal static Value ColumnOfMost(this GraphBuilder graph, Value numbers) => graph.Node("ArgMax", [graph.Cast(numbers, DataType.Float)], ("axis", 1), ("keepdims", 0));
}
