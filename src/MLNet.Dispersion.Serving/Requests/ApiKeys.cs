using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace MLNet.Dispersion.Serving;

/// <summary>The keys that clients may send; only their hashes are kept. Immutable and thread-safe.</summary>
internal sealed class ApiKeys(IEnumerable<string> keys)
{
    private readonly byte[][] _hashes = [.. keys.Select(Hash)];

    /// <summary>Whether there are none.</summary>
    internal bool IsEmpty => _hashes.Length == 0;

    /// <summary>Whether a request brings one of them. How long that takes does not depend on how much of a key is right, nor on which it is.</summary>
    internal bool Admit(HttpRequest request)
    {
        byte[] sent = Hash(Sent(request));
        bool found = false;
        foreach (byte[] hash in _hashes)
        {
            found |= CryptographicOperations.FixedTimeEquals(hash, sent);
        }

        return found;
    }

    private static string Sent(HttpRequest request)
    {
        const string Scheme = "Bearer ";
        string authorization = request.Headers.Authorization.ToString();
        return authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? authorization[Scheme.Length..].Trim() : request.Headers["X-Api-Key"].ToString();
    }

    private static byte[] Hash(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));
}
