using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>The number types of the safetensors format that this library reads and writes.</summary>
internal static class SafetensorsTypes
{
    private static readonly (string Code, ScalarType Type, int Bytes)[] Known =
    [
        ("F32", ScalarType.Float32, 4),
        ("F16", ScalarType.Float16, 2),
        ("BF16", ScalarType.BFloat16, 2),
        ("F64", ScalarType.Float64, 8),
        ("I64", ScalarType.Int64, 8),
        ("I32", ScalarType.Int32, 4),
        ("I16", ScalarType.Int16, 2),
        ("I8", ScalarType.Int8, 1),
        ("U8", ScalarType.Byte, 1),
        ("BOOL", ScalarType.Bool, 1),
    ];

    internal static string Names { get; } = string.Join(", ", Known.Select(k => k.Code));

    internal static bool TryParse(string code, out ScalarType type)
    {
        foreach (var known in Known)
        {
            if (known.Code == code)
            {
                type = known.Type;
                return true;
            }
        }

        type = default;
        return false;
    }

    internal static string CodeOf(ScalarType type) => Array.Find(Known, k => k.Type == type).Code
        ?? throw new ArgumentException($"A safetensors file cannot hold {type} tensors: convert to one of {Names}.", nameof(type));

    internal static int SizeOf(ScalarType type) => Array.Find(Known, k => k.Type == type).Bytes;

    internal static bool IsFloatingPoint(ScalarType type) =>
        type is ScalarType.Float32 or ScalarType.Float16 or ScalarType.BFloat16 or ScalarType.Float64;
}
