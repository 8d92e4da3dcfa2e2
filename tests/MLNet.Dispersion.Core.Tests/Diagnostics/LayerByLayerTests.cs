using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json.Nodes;
using MLNet.Dispersion.Tests.Tokenization;

namespace MLNet.Dispersion.Tests.Diagnostics;

/// <summary>A report whose weights are read one layer at a time is that of the whole model, bit for bit, in the memory of one layer.</summary>
public sealed class LayerByLayerTests
{
    private static readonly string[] Texts = [.. TinyBackbone.LabelledTexts(7).Texts, "the", "", .. TinyBackbone.LabelledTexts(5, seed: 4).Texts];

    public static TheoryData<string, CondensationReportOptions> Cases
    {
        get
        {
            var cases = new TheoryData<string, CondensationReportOptions>();
            foreach (string family in new[] { "gpt2", "bert" })
            {
                cases.Add(family, new());
                cases.Add(family, new() { MaxStateBytes = 1, SpectrumTexts = int.MaxValue, ConeTexts = int.MaxValue });
                cases.Add(family, new() { MaxStateBytes = 2500, MaxTexts = 6, SampleSeed = 3, Histograms = false, ConeTexts = 0 });
                cases.Add(family, new() { MaxTokens = 5, MinTokens = 5, ModelName = "named" });
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Measure_LayerByLayer_IsTheWholeModelsReport(string family, CondensationReportOptions options)
    {
        ModelSource model = family == "gpt2" ? TinyBackbone.Backbone : TinyBert.Backbone;
        JsonObject whole = Json(CondensationReport.Measure(model, Texts, options));
        var progress = new Steps();
        options = options.Clone();
        (options.LayerByLayer, options.Progress) = (true, progress);

        JsonObject layered = Json(CondensationReport.Measure(model, Texts, options));

        Assert.True(JsonNode.DeepEquals(whole, layered), $"{whole}\n\n{layered}");
        Assert.Equal((1.0, TimeSpan.Zero), (progress.All[^1].Share, progress.All[^1].Remaining));
        Assert.Equal(progress.All.Select(step => step.Share).Order(), progress.All.Select(step => step.Share));
        Assert.Equal(progress.All[^1].TotalTexts, progress.All.Max(step => step.Texts));
        Assert.All(progress.All, step => Assert.InRange(step.HiddenState!.Value, 0, 2));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Parameters_OfGpt2_AreThoseOfItsShape(bool layerByLayer)
    {
        const int Features = 32, Layers = 2;
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        long expected = ((model.Tokenizer.VocabularySize + TinyBackbone.ContextLength) * Features) + (Layers * ((12 * Features * Features) + (13 * Features))) + (2 * Features);

        Assert.Equal(expected, CondensationReport.Measure(TinyBackbone.Backbone, Texts, new() { LayerByLayer = layerByLayer }).Parameters);
    }

    [Fact]
    public void Measure_Cancelled_StopsBetweenTexts()
    {
        using var cancel = new CancellationTokenSource();
        var progress = new Steps { At = step => (step == 5 ? cancel : null)?.Cancel() };
        long before = TorchSharp.DisposeScopeManager.Statistics.ThreadTotalLiveCount;

        Assert.ThrowsAny<OperationCanceledException>(() => CondensationReport.Measure(TinyBackbone.Backbone, Texts, new() { LayerByLayer = true, Progress = progress, CancellationToken = cancel.Token }));

        Assert.Equal(5, progress.All.Count);
        Assert.Equal(before, TorchSharp.DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [Fact]
    public void Measure_WhatCannotBeLayered_NamesTheCure()
    {
        var options = new CondensationReportOptions { LayerByLayer = true };
        using (var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone))
        {
            Assert.Contains("Measure(ModelSource", Assert.Throws<ArgumentException>(() => CondensationReport.Measure(model, Texts, options)).Message, StringComparison.Ordinal);
            var adapted = new MemorySource();
            using var generator = new TorchSharp.torch.Generator(1);
            model.AddAdapter(new LoraOptions { Rank = 2 }, generator);
            model.Save(adapted.Sink(), new ModelSaveOptions { Adapter = AdapterSaving.Everything });
            Assert.Contains("merged", Assert.Throws<ModelFileException>(() => CondensationReport.Measure(ModelSource.FromSource("adapted", adapted), Texts, options)).Message, StringComparison.Ordinal);
        }

        Assert.Contains("LayerByLayer", Assert.Throws<ArgumentOutOfRangeException>(() => CondensationReport.Measure(TinyBackbone.Backbone, Texts, new() { LayerByLayer = true, Device = "cuda" })).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => CondensationReport.Measure(TinyBackbone.Backbone, [], options));
    }

    [Fact]
    public void Measure_DamagedWeights_FailsBeforeAnyText()
    {
        MemorySource files = Copy();
        byte[] weights = files["model.safetensors"];
        var progress = new Steps();
        var options = new CondensationReportOptions { LayerByLayer = true, Progress = progress };

        files["model.safetensors"] = weights[..^8];
        Assert.Contains("model.safetensors", Assert.Throws<ModelFileException>(() => CondensationReport.Measure(ModelSource.FromSource("cut", files), Texts, options)).Message, StringComparison.Ordinal);
        files["model.safetensors"] = Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(weights).Replace("h.1.ln_2.bias", "h.1.ln_9.bias", StringComparison.Ordinal));
        Assert.Contains("h.1.ln_2.bias", Assert.Throws<ModelFileException>(() => CondensationReport.Measure(ModelSource.FromSource("renamed", files), Texts, options)).Message, StringComparison.Ordinal);
        Assert.Empty(progress.All);
    }

    [Fact]
    public void Measure_StateThatIsNotFinite_NamesLayerAndText()
    {
        using var model = PretrainedLanguageModel.Load(TinyBackbone.Backbone);
        using (TorchSharp.torch.no_grad())
        {
            foreach (string branch in new[] { "attn", "mlp" })
            {
                model.Backbone.named_parameters().First(pair => pair.name == $"transformer.h.0.{branch}.c_proj.bias").parameter.fill_(float.MaxValue);
            }
        }

        var files = new MemorySource();
        model.Save(files.Sink());
        Assert.Contains("Hidden state 1 of text 0", Assert.Throws<NonFiniteStateException>(() => CondensationReport.Measure(ModelSource.FromSource("overflowing", files), Texts, new() { LayerByLayer = true })).Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Measure_ModelOfManyLayers_TakesTheMemoryOfOne()
    {
        Skip.IfNot(RuntimeInformation.IsOSPlatform(OSPlatform.Linux) && NativeLibrary.TryLoad("libc.so.6", out _), "The peak of a process's memory is reset and read, and freed memory given back, in the way of Linux with glibc.");
        const int Layers = 24, Hidden = 256, Inner = 4096;
        string folder = Directory.CreateTempSubdirectory("mlnet-dispersion-layers-").FullName;
        try
        {
            long layerBytes = WriteModel(folder, Layers, Hidden, Inner);
            ModelSource model = ModelSource.FromDirectory(folder);
            string[] texts = TinyBackbone.LabelledTexts(4).Texts;
            var options = new CondensationReportOptions { MaxTokens = 32, SpectrumTexts = 1 };

            // What torch and the libraries below it take at first use is no part of it.
            options.LayerByLayer = true;
            CondensationReport.Measure(model, texts, options);
            CondensationReport? layered = null, whole = null;
            long one = PeakOf(() => layered = CondensationReport.Measure(model, texts, options));
            options.LayerByLayer = false;
            long all = PeakOf(() => whole = CondensationReport.Measure(model, texts, options));

            // 13 MB a layer, 320 MB in all; the rest is buffers of files and freed memory that is not given back.
            Assert.InRange(one, 0, (2 * layerBytes) + (32L << 20));
            Assert.InRange(all, Layers * layerBytes * 3 / 4, long.MaxValue);
            Assert.True(JsonNode.DeepEquals(Json(whole!), Json(layered!)));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static JsonObject Json(CondensationReport report)
    {
        JsonObject json = JsonNode.Parse(report.ToJson())!.AsObject();
        json.Remove("measured");
        return json;
    }

    private static MemorySource Copy()
    {
        FileSource source = TinyBackbone.Backbone.Source;
        var copy = new MemorySource();
        foreach (string file in source.FileNames())
        {
            copy[file] = source.ReadAllBytes(file);
        }

        return copy;
    }

    /// <summary>How far the process's resident memory rises above where it is.</summary>
    private static long PeakOf(Action action)
    {
        // What other tests freed is given back, or it would be used again unseen.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        Marshal.GetDelegateForFunctionPointer<Trim>(NativeLibrary.GetExport(NativeLibrary.Load("libc.so.6"), "malloc_trim"))(0);
        File.WriteAllText("/proc/self/clear_refs", "5");
        long before = Status("VmRSS");
        action();
        return Status("VmHWM") - before;

        static long Status(string name) => File.ReadLines("/proc/self/status").First(line => line.StartsWith(name, StringComparison.Ordinal)).Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries) is [_, var kilobytes, ..]
            ? long.Parse(kilobytes, System.Globalization.CultureInfo.InvariantCulture) * 1024
            : 0;
    }

    /// <summary>A Llama whose weights torch never held, beside the tiny model's tokenizer.</summary>
    /// <returns>Bytes of a layer.</returns>
    private static long WriteModel(string folder, int layers, int hidden, int inner)
    {
        int vocabulary = TextTokenizer.Load(TinyBackbone.Backbone.Source).VocabularySize;
        TextTokenizer.Load(TinyBackbone.Backbone.Source).Save(new DirectorySink(folder));
        File.WriteAllText(Path.Combine(folder, "config.json"), $$"""
            {"model_type": "llama", "vocab_size": {{vocabulary}}, "max_position_embeddings": 64, "hidden_size": {{hidden}}, "intermediate_size": {{inner}}, "num_hidden_layers": {{layers}}, "num_attention_heads": 4, "tie_word_embeddings": true}
            """);
        var shapes = new Dictionary<string, long[]> { ["model.embed_tokens.weight"] = [vocabulary, hidden], ["model.norm.weight"] = [hidden] };
        for (int layer = 0; layer < layers; layer++)
        {
            string at = $"model.layers.{layer}.";
            foreach (string norm in new[] { "input_layernorm", "post_attention_layernorm" })
            {
                shapes[$"{at}{norm}.weight"] = [hidden];
            }

            foreach (string name in new[] { "q", "k", "v", "o" })
            {
                shapes[$"{at}self_attn.{name}_proj.weight"] = [hidden, hidden];
            }

            (shapes[at + "mlp.gate_proj.weight"], shapes[at + "mlp.up_proj.weight"], shapes[at + "mlp.down_proj.weight"]) = ([inner, hidden], [inner, hidden], [hidden, inner]);
        }

        var header = new JsonObject();
        long offset = 0;
        foreach (var (name, shape) in shapes)
        {
            long end = offset + (shape.Aggregate(1L, (product, size) => product * size) * sizeof(float));
            header[name] = new JsonObject { ["dtype"] = "F32", ["shape"] = new JsonArray([.. shape.Select(size => (JsonNode)size)]), ["data_offsets"] = new JsonArray(offset, end) };
            offset = end;
        }

        byte[] json = Encoding.UTF8.GetBytes(header.ToJsonString());
        using FileStream file = File.Create(Path.Combine(folder, "model.safetensors"));
        Span<byte> length = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(length, json.Length);
        file.Write(length);
        file.Write(json);
        var random = new Random(1);
        float[] numbers = [.. Enumerable.Range(0, 100_003).Select(_ => (float)((random.NextDouble() - 0.5) * 0.2))];
        for (long left = offset; left > 0;)
        {
            ReadOnlySpan<byte> part = MemoryMarshal.AsBytes<float>(numbers);
            part = part[..(int)Math.Min(left, part.Length)];
            file.Write(part);
            left -= part.Length;
        }

        return ((4L * hidden * hidden) + (3L * hidden * inner)) * sizeof(float);
    }

    private delegate int Trim(nint pad);

    private sealed class Steps : IProgress<CondensationProgress>
    {
        public List<CondensationProgress> All { get; } = [];

        public Action<int>? At { get; init; }

        public void Report(CondensationProgress value)
        {
            All.Add(value);
            At?.Invoke(All.Count);
        }
    }
}
