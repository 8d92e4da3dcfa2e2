using static TorchSharp.torch;
using DataType = Onnx.TensorProto.Types.DataType;

namespace MLNet.Dispersion.Onnx;

/// <summary>Layers with weights, in the number type that the file is to have.</summary>
/// <remarks>
/// In float16 matrices are stored so and computed with in float32. In int8 they are whole numbers with a scale for each output, and what meets them is made whole on the way, each token's features with a scale of their own:
/// one for the whole tensor, as <c>DynamicQuantizeLinear</c> takes it, would make a text's scores depend on what stands beside it.
/// Both are unsigned, since the products of signed and unsigned ones overflow 16 bits on processors without VNNI.
/// </remarks>
internal sealed class LayerGraph(GraphBuilder graph, OnnxWeightType type)
{
    // So that the scale of a row of zeros is not 0.
    private const double LeastMagnitude = 1e-30;

    private readonly Dictionary<Value, (Value Whole, Value Scale)> _quantized = [];
    private readonly Dictionary<string, Value> _widened = new(StringComparer.Ordinal);

    /// <summary>The graph.</summary>
    internal GraphBuilder Graph => graph;

    /// <summary>A vector, or another small tensor, in float32.</summary>
    /// <param name="name">Its name in the file.</param>
    /// <param name="shape">Its shape.</param>
    /// <param name="values">Its values, float32.</param>
    internal Value Small(string name, IReadOnlyList<long> shape, Func<Tensor> values) => graph.Store(new StoredTensor(name, DataType.Float, shape, stream => Write(stream, values, tensor => tensor.to(ScalarType.Float32))));

    /// <summary>A tensor of the network, in float32.</summary>
    internal Value Small(ModelWeight weight) => Small(weight.Name, weight.Shape, weight.Values);

    /// <summary><c>[..., in]</c> to <c>[..., out]</c>.</summary>
    /// <param name="input">What goes in.</param>
    /// <param name="name">Of the matrix.</param>
    /// <param name="inputs">Features that go in.</param>
    /// <param name="outputs">Features that come out.</param>
    /// <param name="rows">The matrix, <c>[out, in]</c>.</param>
    /// <param name="bias">What is added; null for nothing.</param>
    /// <param name="isExact">Whether it stays in float32, as the last layer of a classifier.</param>
    internal Value Linear(Value input, string name, long inputs, long outputs, Func<Tensor> rows, Value? bias, bool isExact = false)
    {
        Value product = (isExact ? OnnxWeightType.Float32 : type) switch
        {
            OnnxWeightType.Int8 => WholeProduct(input, name, inputs, outputs, rows),
            OnnxWeightType.Float16 => graph.Product(input, Widened(name + ".transposed", [inputs, outputs], () => rows().t())),
            _ => graph.Product(input, Small(name + ".transposed", [inputs, outputs], () => rows().t())),
        };
        return bias is { } vector ? graph.Add(product, vector) : product;
    }

    /// <summary>Rows of a table by their ids.</summary>
    internal Value Rows(ModelWeight table, Value ids)
    {
        if (type != OnnxWeightType.Int8)
        {
            return graph.Gather(Matrix(table), ids);
        }

        string scale = table.Name + ".scale";
        Value whole = graph.Store(new StoredTensor(table.Name, DataType.Uint8, table.Shape, stream => Write(stream, table.Values, tensor => TensorBytes.Quantized(tensor).Whole)));
        Value scales = graph.Store(new StoredTensor(scale, DataType.Float, [table.Shape[0], 1], stream => Write(stream, table.Values, tensor => TensorBytes.Quantized(tensor).Scale)));
        Value rows = graph.Plus(graph.Cast(graph.Gather(whole, ids), DataType.Float), -TensorBytes.Middle);
        return graph.Multiply(rows, graph.Gather(scales, ids));
    }

    /// <summary>Products with the rows of a table that is stored once: <c>[..., in]</c> to <c>[..., rows]</c>.</summary>
    /// <param name="input"><c>[B, L, in]</c>.</param>
    /// <param name="table">The table.</param>
    /// <param name="bias">What is added; null for nothing.</param>
    internal Value ByRows(Value input, ModelWeight table, Value? bias)
    {
        long rows = table.Shape[0], features = table.Shape[1];
        if (type == OnnxWeightType.Int8)
        {
            return Linear(input, table.Name + ".head", features, rows, table.Values, bias);
        }

        Value flat = graph.Node("Reshape", [input, graph.Whole([-1, features])]);
        Value products = graph.Node("Gemm", bias is { } vector ? [flat, Matrix(table), vector] : [flat, Matrix(table)], ("transB", 1));
        Value shape = graph.Concat(0, graph.SizeOf(input, 0), graph.SizeOf(input, 1), graph.Whole([rows]));
        return graph.Node("Reshape", [products, shape]);
    }

    /// <summary>Normalises the last dimension.</summary>
    /// <param name="input">What goes in.</param>
    /// <param name="spec">How.</param>
    /// <param name="features">Of the last dimension.</param>
    /// <param name="weight">What normalised features are multiplied by, <c>[features]</c> or <c>[heads, features]</c>; null where they stay as they are.</param>
    /// <param name="bias">What is then added, of the same shape; null for nothing.</param>
    internal Value Norm(Value input, NormSpec spec, long features, ModelWeight? weight, ModelWeight? bias)
    {
        Value? factor = weight is null ? null : spec.IsStoredMinusOne
            ? Small(weight.Name + ".whole", weight.Shape, () => weight.Values().add(ones_like(weight.Values())))
            : Small(weight);
        Value? shift = bias is null ? null : Small(bias);
        if (spec.Kind == NormKind.RootMeanSquare)
        {
            Value square = graph.Node("Pow", [input, graph.Number(2)]);
            Value scaled = graph.Divide(input, graph.Sqrt(graph.Plus(graph.Mean(square, -1), spec.Epsilon)));
            return factor is { } vector ? graph.Multiply(scaled, vector) : scaled;
        }

        if (weight is null || weight.Shape.Count == 1)
        {
            Value scale = factor ?? Ones(features);
            return graph.Node("LayerNormalization", shift is { } vector ? [input, scale, vector] : [input, scale], ("axis", -1), ("epsilon", spec.Epsilon));
        }

        Value normal = graph.Multiply(graph.Node("LayerNormalization", [input, Ones(features)], ("axis", -1), ("epsilon", spec.Epsilon)), factor!.Value);
        return shift is { } added ? graph.Add(normal, added) : normal;
    }

    /// <summary>The function between layers.</summary>
    internal Value Activate(Activation activation, Value x)
    {
        switch (activation)
        {
            case Activation.Gelu:
                Value erf = graph.Plus(graph.Node("Erf", [graph.Divide(x, graph.Number(Math.Sqrt(2)))]), 1);
                return graph.Times(graph.Multiply(x, erf), 0.5);
            case Activation.TanhGelu:
                Value cube = graph.Times(graph.Node("Pow", [x, graph.Number(3)]), 0.044715);
                Value inner = graph.Times(graph.Add(x, cube), Math.Sqrt(2 / Math.PI));
                return graph.Multiply(graph.Times(x, 0.5), graph.Plus(graph.Tanh(inner), 1));
            case Activation.Silu:
                return graph.Multiply(x, graph.Node("Sigmoid", [x]));
            case Activation.Relu:
                return graph.Node("Relu", [x]);
            case Activation.SquaredRelu:
                Value positive = graph.Node("Relu", [x]);
                return graph.Multiply(positive, positive);
            case Activation.Tanh:
                return graph.Tanh(x);
            default:
                throw new NotSupportedException($"No operator is known for the activation {activation}");
        }
    }

    private Value Ones(long features) => graph.Numbers(FormattableString.Invariant($"ones_{features}"), [.. Enumerable.Repeat(1f, (int)features)], features);

    private Value Matrix(ModelWeight table) => type == OnnxWeightType.Float16 ? Widened(table.Name, table.Shape, table.Values) : Small(table);

    private Value Widened(string name, IReadOnlyList<long> shape, Func<Tensor> values)
    {
        if (!_widened.TryGetValue(name, out Value wide))
        {
            wide = graph.Cast(graph.Store(new StoredTensor(name, DataType.Float16, shape, stream => Write(stream, values, tensor => TensorBytes.Halved(tensor, name)))), DataType.Float);
            _widened[name] = wide;
        }

        return wide;
    }

    private Value WholeProduct(Value input, string name, long inputs, long outputs, Func<Tensor> rows)
    {
        if (!_quantized.TryGetValue(input, out var tokens))
        {
            tokens = Quantized(input);
            _quantized[input] = tokens;
        }

        Value whole = graph.Store(new StoredTensor(name + ".whole", DataType.Uint8, [inputs, outputs], stream => Write(stream, rows, tensor => TensorBytes.Quantized(tensor).Whole.t())));
        Value scale = graph.Store(new StoredTensor(name + ".scale", DataType.Float, [outputs], stream => Write(stream, rows, tensor => TensorBytes.Quantized(tensor).Scale)));
        Value middle = graph.Store(new StoredTensor("middle", DataType.Uint8, [], stream => stream.WriteByte(TensorBytes.Middle)));
        Value product = graph.Cast(graph.Node("MatMulInteger", [tokens.Whole, whole, middle, middle]), DataType.Float);
        return graph.Multiply(graph.Multiply(product, tokens.Scale), scale);
    }

    /// <summary>Whole numbers from 1 to 255 around 128, <c>[..., in]</c>, and what each row of them is multiplied by, <c>[..., 1]</c>.</summary>
    private (Value Whole, Value Scale) Quantized(Value input)
    {
        Value largest = graph.Max(graph.Node("Abs", [input]), -1, keeps: true);
        Value scale = graph.Divide(graph.Node("Max", [largest, graph.Number(LeastMagnitude)]), graph.Number(TensorBytes.Levels));
        Value steps = graph.Node("Round", [graph.Divide(input, scale)]);
        return (graph.Cast(graph.Plus(steps, TensorBytes.Middle), DataType.Uint8), scale);
    }

    private static void Write(Stream stream, Func<Tensor> values, Func<Tensor, Tensor> convert)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        TensorBytes.Write(stream, convert(values()));
    }
}
