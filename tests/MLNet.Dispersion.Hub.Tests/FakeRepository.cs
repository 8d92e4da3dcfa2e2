using System.Security.Cryptography;
using System.Text;

namespace MLNet.Dispersion.Tests.Hub;

/// <summary>A model's repository of <see cref="FakeHub"/>, at one commit.</summary>
internal sealed class FakeRepository
{
    private readonly Dictionary<string, byte[]> _files = new(StringComparer.Ordinal);

    public FakeRepository(char commit = 'a')
    {
        Commit = new string(commit, 40);
        Revisions = ["main"];
    }

    /// <summary>The commit that its revisions are.</summary>
    public string Commit { get; set; }

    public List<string> Revisions { get; }

    /// <summary>The token that its readers must have; null where anybody may read.</summary>
    public string? Token { get; set; }

    public IReadOnlyDictionary<string, byte[]> Files => _files;

    /// <summary>What the hub lists beside its files.</summary>
    public List<string> ListedToo { get; } = [];

    public FakeRepository With(string path, string text) => With(path, Encoding.UTF8.GetBytes(text));

    public FakeRepository With(string path, byte[] bytes)
    {
        _files[path] = bytes;
        return this;
    }

    /// <summary>A model that the loader's choice of files accepts, with weights of so many bytes.</summary>
    public static FakeRepository Model(char commit = 'a', int weights = 300_000) => new FakeRepository(commit)
        .With("config.json", """{"model_type": "llama"}""")
        .With("tokenizer.json", "{}")
        .With("generation_config.json", "{}")
        .With("README.md", "---\nlicense: mit\n---\n")
        .With("model.safetensors", Bytes(weights, commit))
        .With("pytorch_model.bin", Bytes(100, 'p'))
        .With("onnx/model.onnx", Bytes(100, 'o'));

    /// <summary>Bytes that are the same each time.</summary>
    public static byte[] Bytes(int count, int seed)
    {
        byte[] bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    /// <summary>Whether the hub keeps a file in LFS, as it does with weights.</summary>
    public static bool IsLarge(string path) => Path.GetExtension(path) is ".safetensors" or ".gguf" or ".bin" or ".onnx";

    /// <summary>The hash by which the hub knows a file.</summary>
    public string HashOf(string path) => IsLarge(path)
        ? Convert.ToHexStringLower(SHA256.HashData(_files[path]))
        : GitHash(_files[path]);

    private static string GitHash(byte[] bytes)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
        hash.AppendData(Encoding.ASCII.GetBytes($"blob {bytes.Length}\0"));
        hash.AppendData(bytes);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
