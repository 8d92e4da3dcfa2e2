using System.Security.Cryptography;
using System.Text;

namespace MLNet.Dispersion.Hub;

/// <summary>Computes the hash of a file while its bytes go by, in the way that the hub's hash of it is made.</summary>
internal sealed class BlobHash : IDisposable
{
    private const int Sha256Digits = 64;
    private const int GitDigits = 40;

    private readonly IncrementalHash _hash;
    private readonly BlobMetadata _expected;

    internal BlobHash(BlobMetadata expected)
    {
        _expected = expected;
        _hash = IncrementalHash.CreateHash(IsLarge ? HashAlgorithmName.SHA256 : HashAlgorithmName.SHA1);
        Restart();
    }

    private bool IsLarge => _expected.Hash.Length == Sha256Digits;

    /// <summary>Whether an ETag is a hash that can be computed.</summary>
    internal static bool IsOne(string tag) => tag.Length is Sha256Digits or GitDigits && tag.All(char.IsAsciiHexDigitLower);

    public void Dispose() => _hash.Dispose();

    /// <summary>Forgets what went by.</summary>
    internal void Restart()
    {
        _ = _hash.GetHashAndReset();
        if (!IsLarge)
        {
            Add(Encoding.ASCII.GetBytes(FormattableString.Invariant($"blob {_expected.Size}\0")));
        }
    }

    internal void Add(ReadOnlySpan<byte> bytes) => _hash.AppendData(bytes);

    /// <summary>Ends it.</summary>
    /// <returns>Null where the file is the hub's, else the hash that it has.</returns>
    internal string? Difference()
    {
        string actual = Convert.ToHexStringLower(_hash.GetHashAndReset());
        return actual == _expected.Hash ? null : actual;
    }
}
