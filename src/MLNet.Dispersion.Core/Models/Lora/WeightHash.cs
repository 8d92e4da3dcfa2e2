using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace MLNet.Dispersion.Models;

/// <summary>A hash over a backbone's weights, those of the base where an adapter is merged into them.</summary>
internal static class WeightHash
{
    /// <summary>SHA-256, in small hexadecimal digits, of every parameter in the order of names: name, shape, values in their own type, little-endian.</summary>
    internal static string Of(LanguageBackbone backbone)
    {
        backbone.RequireValues("A hash of the weights");
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (name, parameter) in backbone.named_parameters().OrderBy(pair => pair.name, StringComparer.Ordinal))
        {
            string shape = string.Join(',', parameter.shape.Select(size => size.ToString(CultureInfo.InvariantCulture)));
            hash.AppendData(Encoding.UTF8.GetBytes($"{name}\n{shape}\n"));
            TensorBytes.Drain(backbone.Adapter?.BaseWeight(parameter) ?? parameter, parameter.dtype, name, bytes => hash.AppendData(bytes));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
