using System.Text.Json;
using MLNet.Dispersion.Tests.Losses;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Reference;

/// <summary>GGUF files: every way of storing values, files that are broken or unusual, whole models and their tokenizers.</summary>
public sealed class GgufReferenceTests : ReferenceTests
{
    private const double LogitTolerance = 2e-5;

    [SkippableFact]
    public void Read_Blocks_GivesTheSameBits() => Check("gguf/blocks", folder =>
    {
        var expected = new GoldenTensors(folder.FileOf("expected.safetensors"));
        foreach (JsonProperty type in folder.Json("blocks.json").EnumerateObject())
        {
            foreach (string name in expected.Names(type.Name + "."))
            {
                folder.Case(name, () =>
                {
                    using var scope = NewDisposeScope();
                    using FileStream stream = File.OpenRead(folder.FileOf(type.Name.ToLowerInvariant() + ".gguf"));
                    var reader = new GgufReader(stream, name);
                    GgufEntry entry = Assert.Single(reader.Entries, entry => type.Name + "." + entry.Name == name);
                    Assert.Equal(type.Value.GetProperty("type_id").GetInt32(), (int)entry.Type);
                    Assert.Equal(Bits(expected.Tensor(name)), Bits(reader.Read(entry)));
                });
            }
        }
    });

    [SkippableFact]
    public void Read_BrokenAndUnusualFiles_LoadsOrNamesTheFault() => Check("gguf/bad", folder =>
    {
        foreach (JsonElement file in folder.Json("bad.json").EnumerateArray())
        {
            string name = file.GetProperty("file").GetString()!;
            JsonElement must = file.GetProperty("must_load");
            folder.Case(name, () =>
            {
                byte[] bytes = File.ReadAllBytes(folder.FileOf(name));
                Exception? sought = Record.Exception(() => ReadAll(new MemoryStream(bytes), name));
                using var forwards = new ForwardStream(bytes);
                Exception? streamed = Record.Exception(() => ReadAll(forwards, name));
                foreach (Exception? error in new[] { sought, streamed })
                {
                    Assert.True(error is null or ModelFileException, $"{error}");
                    if (must.ValueKind is JsonValueKind.True or JsonValueKind.False)
                    {
                        Assert.Equal(must.GetBoolean(), error is null);
                    }
                }
            });
        }
    });

    [SkippableFact]
    public void Read_FilesWithKnownValues_GivesThem() => Check("gguf/bad", folder =>
    {
        foreach (string name in Directory.EnumerateFiles(folder.FullPath, "*.json").Select(path => Path.GetFileNameWithoutExtension(path)).Where(name => folder.Has($"{name}.gguf")).Order(StringComparer.Ordinal))
        {
            folder.Case($"{name}.gguf", () =>
            {
                using var scope = NewDisposeScope();
                using FileStream stream = File.OpenRead(folder.FileOf($"{name}.gguf"));
                var reader = new GgufReader(stream, name);
                JsonElement[] tensors = [.. folder.Json($"{name}.json").GetProperty("tensors").EnumerateArray()];
                Assert.Equal(tensors.Select(tensor => tensor.GetProperty("name").GetString()), reader.Entries.Select(entry => entry.Name));
                foreach (var (tensor, entry) in tensors.Zip(reader.Entries))
                {
                    Assert.Equal(tensor.GetProperty("ne").EnumerateArray().Select(size => size.GetInt64()).Reverse(), entry.Shape);
                    Assert.Equal(tensor.Numbers("values"), reader.Read(entry).data<float>().Select(value => (double)value));
                }
            });
        }
    });

    [SkippableFact]
    public void Load_Models_GiveTheLogitsOfTheirWeights() => Check("gguf/models", folder =>
    {
        foreach (string model in Directory.EnumerateDirectories(folder.FullPath).Order(StringComparer.Ordinal))
        {
            string name = Path.GetFileName(model);
            foreach (string file in Directory.EnumerateFiles(model, "*.gguf").Order(StringComparer.Ordinal))
            {
                string type = Path.GetFileNameWithoutExtension(file)[(name.Length + 1)..];
                folder.Case($"{name} {type}", () =>
                {
                    using var scope = NewDisposeScope();
                    using var noGradient = no_grad();
                    var expected = new GoldenTensors(folder.FileOf(name, "expected.safetensors"));
                    using var loaded = PretrainedLanguageModel.Load(ModelSource.FromGguf(file));
                    Tensor ids = tensor(expected.Longs("input_ids"), expected.Shape("input_ids"));
                    Tensor logits = loaded.Backbone.Logits(loaded.Backbone.Forward(ids, null, HiddenStateSelection.None).LastHiddenState).squeeze(0);
                    double error = (logits - expected.Tensor($"{type}.hf.logits")).abs().max().item<float>();
                    Assert.True(error <= LogitTolerance, $"the logits are off by {error:g3}");
                });
            }
        }
    }, Refuses);

    [SkippableFact]
    public void Encode_ModelsTexts_GivesTheReferencesIds() => Check("gguf/models", folder =>
    {
        foreach (string model in Directory.EnumerateDirectories(folder.FullPath).Order(StringComparer.Ordinal).Where(model => folder.Has(Path.GetFileName(model), "tokenization.json")))
        {
            string name = Path.GetFileName(model);
            string file = Directory.EnumerateFiles(model, "*.gguf").Order(StringComparer.Ordinal).First();
            folder.Case($"{name} tokens", () =>
            {
                var tokenizer = (PipelineTokenizer)TextTokenizer.Load(new GgufSource(file));
                foreach (JsonElement text in folder.Json(name, "tokenization.json").EnumerateArray())
                {
                    string shown = text.GetProperty("text").GetString()!;
                    Assert.True(Ids(text, "hf_special").SequenceEqual(tokenizer.Encode(shown).Ids), $"{name}: '{shown}'");
                    Assert.True(Ids(text, "hf").SequenceEqual(tokenizer.Tokenize(shown, options: new() { AddSpecialTokens = false }).Ids), $"{name}, without special tokens: '{shown}'");
                }
            });
        }
    }, Refuses);

    [SkippableFact]
    public void Encode_SplittingRules_GiveTheReferencesIds() => Check("gguf/pretok", folder =>
    {
        foreach (string file in Directory.EnumerateFiles(folder.FullPath, "*.gguf").Order(StringComparer.Ordinal))
        {
            string name = Path.GetFileNameWithoutExtension(file);
            folder.Case(name, () =>
            {
                var tokenizer = TextTokenizer.Load(GgufSource.Vocabulary(file));
                foreach (JsonElement text in folder.Json(name + ".cases.json").EnumerateArray())
                {
                    string shown = text.GetProperty("text").GetString()!;
                    Assert.True(Ids(text, "hf").SequenceEqual(tokenizer.Encode(shown).Ids), $"'{shown}'");
                }
            });
        }
    }, Refuses);

    private static bool Refuses(Exception error) => error is ModelFileException or NotSupportedException;

    private static IEnumerable<int> Ids(JsonElement text, string name) => text.GetProperty(name).EnumerateArray().Select(id => id.GetInt32());

    private static void ReadAll(Stream stream, string name)
    {
        using var scope = NewDisposeScope();
        var reader = new GgufReader(stream, name);
        foreach (GgufEntry entry in reader.Entries)
        {
            reader.Read(entry);
        }
    }

    // Any NaN is like any other.
    private static uint[] Bits(Tensor values) => [.. values.data<float>().Select(value => float.IsNaN(value) ? 0x7fc00000 : BitConverter.SingleToUInt32Bits(value))];

    /// <summary>A stream that cannot seek and does not know its length.</summary>
    private sealed class ForwardStream(byte[] bytes) : Stream
    {
        private readonly MemoryStream _inner = new(bytes);

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count) => _inner.Read(buffer, offset, count);

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            _inner.Dispose();
            base.Dispose(disposing);
        }
    }
}
