using System.Security.Cryptography;
using System.Text.Json;
using MLNet.Dispersion.Tests.Losses;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Reference;

/// <summary>GGUF files that are written here, beside those of llama.cpp's own converter.</summary>
public sealed class GgufWritingReferenceTests : ReferenceTests, IDisposable
{
    // The stretching of the frequencies is computed in another order.
    private const double FactorTolerance = 1e-6;
    private const string RopeFactors = "rope_freqs.weight";

    // What a file that leaves these out means.
    private static readonly Dictionary<string, string> Defaults = new()
    {
        ["tokenizer.ggml.add_eos_token"] = "False",
        ["tokenizer.ggml.add_sep_token"] = "False",
        ["tokenizer.ggml.add_space_prefix"] = "True",
    };

    private readonly string _folder = Directory.CreateTempSubdirectory("mlnet-dispersion-gguf-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [SkippableFact]
    public void Encode_Sources_GivesTheSameBytes() => Check("gguf/blocks", folder =>
    {
        var expected = new GoldenTensors(folder.FileOf("expected.safetensors"));
        foreach (GgufType type in Enum.GetValues<GgufWeightType>().Select(type => Enum.Parse<GgufType>(type.ToString())))
        {
            using FileStream stream = File.OpenRead(folder.FileOf($"{type}.gguf".ToLowerInvariant()));
            var reader = new GgufReader(stream, $"{type}");
            foreach (GgufEntry entry in reader.Entries)
            {
                string source = entry.Name == "rounding" ? $"source.rounding_{type}" : $"source.{entry.Name}";
                if (!expected.Contains(source))
                {
                    continue;
                }

                folder.Case($"{type} {entry.Name}", () =>
                {
                    float[] values = expected.Tensor(source).data<float>().ToArray();
                    byte[] found = new byte[entry.ByteLength];
                    GgufEncoder.Encode(type, values, found);
                    Assert.Equal(Bytes(stream, reader, entry), found);
                });
            }
        }
    });

    [SkippableFact]
    public void Read_ConvertersFiles_HoldWhatTheirMetadataSay() => Check("gguf/metadata", folder =>
    {
        foreach (string file in MetadataFiles(folder))
        {
            JsonElement metadata = folder.Json(file);
            string gguf = metadata.GetProperty("file").GetString()!;
            if (Directory.EnumerateFiles(folder.FileOf(".."), gguf, SearchOption.AllDirectories).FirstOrDefault() is { } path)
            {
                folder.Case($"read {gguf}", () => Compare(metadata, path, everything: true));
            }
        }
    });

    [SkippableFact]
    public void SaveGguf_ModelsOfEachFamily_WritesWhatTheConverterDoes() => Check("gguf/metadata", folder =>
    {
        foreach (string file in MetadataFiles(folder))
        {
            string[] parts = Path.GetFileNameWithoutExtension(file).Split('-');
            string directory = folder.FileOf("..", "models", string.Join('-', parts[..^1]), $"tiny-{string.Join('-', parts[..^1])}");
            if (!File.Exists(Path.Combine(directory, "model.safetensors")) || !Enum.TryParse(parts[^1], ignoreCase: true, out GgufWeightType type))
            {
                continue;
            }

            folder.Case($"write {Path.GetFileNameWithoutExtension(file)}", () =>
            {
                string path = Path.Combine(_folder, "model.gguf");
                using var model = PretrainedLanguageModel.Load(ModelSource.FromDirectory(directory));
                model.SaveGguf(path, new GgufSaveOptions { Type = type });
                Compare(folder.Json(file), path, everything: false);
                CompareFactors(path, Directory.EnumerateFiles(Path.GetDirectoryName(directory)!, "*.gguf").Order(StringComparer.Ordinal).First());
                if (type == GgufWeightType.F32)
                {
                    using var again = PretrainedLanguageModel.Load(ModelSource.FromGguf(path));
                    using var scope = NewDisposeScope();
                    using var noGradient = no_grad();
                    Tensor ids = tensor(new long[] { 5, 9, 40, 7, 100, 3 }, 1, 6);
                    Assert.InRange((Logits(model, ids) - Logits(again, ids)).abs().max().item<float>(), 0, 1e-5);
                }
            });
        }
    });

    private static void CompareFactors(string path, string converted)
    {
        using var scope = NewDisposeScope();
        Tensor?[] factors = [.. new[] { path, converted }.Select(file =>
        {
            using FileStream stream = File.OpenRead(file);
            var reader = new GgufReader(stream, file);
            return reader.Entries.FirstOrDefault(entry => entry.Name == RopeFactors) is { } entry ? reader.Read(entry) : null;
        })];
        Assert.Equal(factors[0] is null, factors[1] is null);
        Assert.True(factors[0] is null || (factors[0]! - factors[1]!).abs().max().item<float>() <= FactorTolerance * factors[1]!.max().item<float>());
    }

    private static IEnumerable<string> MetadataFiles(ReferenceFolder folder) => Directory.EnumerateFiles(folder.FullPath, "*-*.json").Select(path => Path.GetFileName(path)).Where(name => !name.EndsWith("-names.json", StringComparison.Ordinal)).Order(StringComparer.Ordinal);

    private static Tensor Logits(PretrainedLanguageModel model, Tensor ids) => model.Backbone.Logits(model.Backbone.Forward(ids, null, HiddenStateSelection.None).LastHiddenState);

    private static void Compare(JsonElement metadata, string path, bool everything)
    {
        using FileStream stream = File.OpenRead(path);
        var reader = new GgufReader(stream, path);
        string architecture = (string)reader.Values["general.architecture"].Value;
        var keys = metadata.GetProperty("kv").EnumerateArray().ToDictionary(key => key.GetProperty("key").GetString()!);
        string[] own = [.. keys.Keys.Concat(reader.Values.Keys).Where(key => everything || !key.StartsWith("general.", StringComparison.Ordinal)).Distinct()];
        foreach (string key in own)
        {
            string? expected = keys.TryGetValue(key, out JsonElement value) ? Shown(value) : Defaults.GetValueOrDefault(key);
            string? found = reader.Values.TryGetValue(key, out GgufValue? read) ? Shown(read, value) : Defaults.GetValueOrDefault(key);

            // Scores need only keep their order.
            Assert.True(expected == found || (!everything && key == "tokenizer.ggml.scores"), $"{key}: {expected}, not {found}");
        }

        Assert.Equal(architecture, keys["general.architecture"].GetProperty("value").GetString());
        var entries = reader.Entries.ToDictionary(entry => entry.Name);
        JsonElement[] tensors = [.. metadata.GetProperty("tensors").EnumerateArray()];
        Assert.Equal(tensors.Select(tensor => tensor.GetProperty("name").GetString()).Order(StringComparer.Ordinal), entries.Keys.Order(StringComparer.Ordinal));
        foreach (JsonElement tensor in tensors)
        {
            GgufEntry entry = entries[tensor.GetProperty("name").GetString()!];
            Assert.Equal(tensor.GetProperty("ne").EnumerateArray().Select(size => size.GetInt64()).Reverse(), entry.Shape);
            Assert.Equal(tensor.GetProperty("type").GetString(), entry.Type.ToString());
            if (everything || entry.Name != RopeFactors)
            {
                Assert.True(tensor.GetProperty("sha256").GetString() == Convert.ToHexStringLower(SHA256.HashData(Bytes(stream, reader, entry)))[..32], entry.Name);
            }
        }
    }

    private static byte[] Bytes(FileStream stream, GgufReader reader, GgufEntry entry)
    {
        byte[] bytes = new byte[entry.ByteLength];
        stream.Position = reader.DataStart + entry.Offset;
        stream.ReadExactly(bytes);
        return bytes;
    }

    private static string Shown(JsonElement key) => key.TryGetProperty("value", out JsonElement value)
        ? value.ValueKind == JsonValueKind.Number ? Number(value.GetDouble()) : value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetBoolean().ToString()
        : $"{key.GetProperty("length").GetInt32()}: {string.Join("|", key.GetProperty("first").EnumerateArray().Select(item => item.ValueKind == JsonValueKind.Number ? Number(item.GetDouble()) : item.GetString()))}";

    private static string Shown(GgufValue value, JsonElement like)
    {
        if (!value.IsArray)
        {
            return value.Value is long or double ? Number(Convert.ToDouble(value.Value, System.Globalization.CultureInfo.InvariantCulture)) : $"{value.Value}";
        }

        object[] items = [.. ((Array)value.Value).Cast<object>()];
        int shown = like.ValueKind == JsonValueKind.Object ? like.GetProperty("first").GetArrayLength() : 0;
        return $"{items.Length}: {string.Join("|", items.Take(shown).Select(item => item is string text ? text : Number(Convert.ToDouble(item, System.Globalization.CultureInfo.InvariantCulture))))}";
    }

    private static string Number(double value) => ((float)value).ToString("R", System.Globalization.CultureInfo.InvariantCulture);
}
