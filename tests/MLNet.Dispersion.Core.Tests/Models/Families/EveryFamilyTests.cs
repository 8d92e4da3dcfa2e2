using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Models.Families;

/// <summary>What every family must do, by one test for all: adapters, cache, checkpointing, bfloat16, padding on either side, training, saving.</summary>
public sealed class EveryFamilyTests : IDisposable
{
    /// <summary>Of float32 states in another order of sums, relative to the largest.</summary>
    private const double Bound = 2e-5;

    private readonly string _folder = Directory.CreateTempSubdirectory("mlnet-dispersion-every-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Table_HasEveryFamilyThatIsBuiltIn() =>
        Assert.Empty(BackboneRegistry.ModelTypes.Where(type => !type.StartsWith("tiny", StringComparison.Ordinal) && !type.StartsWith("test", StringComparison.Ordinal)).Except(SmallFamilies.ModelTypes));

    [Theory]
    [MemberData(nameof(SmallFamilies.Each), MemberType = typeof(SmallFamilies))]
    public void Forward_PaddedOnEitherSide_GivesRealTokensTheSameStates(string name)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using LanguageBackbone backbone = SmallFamilies.Backbone(name);
        int pad = backbone.Info.PadTokenId ?? 0;
        long[][] rows = [Ids(9, 1), Ids(13, 2)];

        foreach (int before in new[] { 0, 2, 4 })
        {
            Tensor ids = tensor([.. Enumerable.Repeat((long)pad, before), .. rows[0], .. Enumerable.Repeat((long)pad, 4 - before), .. rows[1]], 2, 13);
            Tensor mask = tensor([.. Enumerable.Repeat(false, before), .. Enumerable.Repeat(true, 9), .. Enumerable.Repeat(false, 4 - before), .. Enumerable.Repeat(true, 13)], 2, 13);
            BackboneOutput padded = backbone.Forward(ids, mask, HiddenStateSelection.All);
            foreach (var (row, first) in new[] { (0, before), (1, 0) })
            {
                BackboneOutput alone = backbone.Forward(tensor(rows[row], 1, rows[row].Length), null, HiddenStateSelection.All);
                foreach (var (whole, part) in padded.HiddenStates.Zip(alone.HiddenStates))
                {
                    Assert.True(whole!.isfinite().all().item<bool>());
                    AssertNear(part![0], whole[row].narrow(0, first, rows[row].Length), Bound);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(SmallFamilies.Each), MemberType = typeof(SmallFamilies))]
    public void RunLayers_OneLayerInMemory_GivesTheSameBits(string name)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using LanguageBackbone backbone = SmallFamilies.Backbone(name);
        var files = new Tokenization.MemorySource();
        files.Sink().WriteJson("config.json", backbone.Config!);
        WeightFilesWriter.Write(files.Sink(), [.. backbone.named_parameters().Select(pair => KeyValuePair.Create<string, Tensor>(pair.name, pair.parameter))], ScalarType.Float32, 20_000);
        Tensor[] texts = [tensor(Ids(9, 1), 1, 9), tensor(Ids(13, 2), 1, 13), tensor(Ids(2, 3), 1, 2)];
        BackboneOutput[] whole = [.. texts.Select(text => backbone.Forward(text, null, HiddenStateSelection.All))];
        var seen = new List<(int, int)>();

        BackboneRegistry.RunLayers(files, texts, (hiddenState, text, state) =>
        {
            seen.Add((hiddenState, text));
            Assert.True(state.eq(whole[text].HiddenStates[hiddenState]![0]).all().item<bool>(), $"state {hiddenState} of text {text}");
        });

        Assert.Equal(Enumerable.Range(0, backbone.Info.LayerCount + 1).SelectMany(layer => Enumerable.Range(0, texts.Length).Select(text => (layer, text))), seen);
    }

    [Theory]
    [MemberData(nameof(SmallFamilies.Decoders), MemberType = typeof(SmallFamilies))]
    public void Continue_InPieces_EqualsForwardOfTheWhole(string name)
    {
        using LanguageBackbone backbone = SmallFamilies.Backbone(name);
        Assert.True(backbone.IsCausal);

        CachedForwardTests.AssertPiecesEqualWhole(backbone, [[3, 1], [1, 1], [7, 9], [1, 1], [5, 2], [1, 1]]);
    }

    [Theory]
    [MemberData(nameof(SmallFamilies.Decoders), MemberType = typeof(SmallFamilies))]
    public void Continue_PaddedOnTheLeft_EqualsForwardOfTheWhole(string name)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using LanguageBackbone backbone = SmallFamilies.Backbone(name);
        long[] row = Ids(9, 3);
        using KeyValueCache cache = backbone.CreateCache(2, 12)!;
        Tensor whole = backbone.Forward(tensor(row, 1, 9), null, HiddenStateSelection.None).LastHiddenState[0];

        Tensor first = backbone.Continue(cache, tensor([0, 0, .. row[..4], .. Ids(6, 4)], 2, 6), tensor([false, false, true, true, true, true, true, true, true, true, true, true], 2, 6));
        Tensor second = backbone.Continue(cache, tensor([0, .. row[4..], .. Ids(6, 5)], 2, 6), tensor([false, true, true, true, true, true, true, true, true, true, true, true], 2, 6));

        AssertNear(whole[..4], first[0, 2..], Bound);
        AssertNear(whole[4..], second[0, 1..], Bound);
    }

    [Theory]
    [MemberData(nameof(SmallFamilies.Each), MemberType = typeof(SmallFamilies))]
    public void Backward_ActivationCheckpointing_GivesTheSameGradients(string name)
    {
        using var scope = NewDisposeScope();
        using LanguageBackbone backbone = SmallFamilies.Backbone(name);
        Tensor[] plain = Gradients(backbone);
        backbone.ActivationCheckpointing = true;
        Tensor[] checkpointed = Gradients(backbone);

        double largest = plain.Max(gradient => gradient.abs().max().item<float>());
        Assert.True(largest > 0);
        foreach (var (expected, actual) in plain.Zip(checkpointed))
        {
            Assert.True((expected - actual).abs().max().item<float>() <= 1e-5 * largest);
        }
    }

    [Theory]
    [MemberData(nameof(SmallFamilies.Each), MemberType = typeof(SmallFamilies))]
    public void Forward_BFloat16_StaysNearFloat32AndHasGradients(string name)
    {
        using var scope = NewDisposeScope();
        using LanguageBackbone backbone = SmallFamilies.Backbone(name);
        Tensor expected = States(backbone).detach();
        backbone.ComputeType = ScalarType.BFloat16;

        Tensor actual = States(backbone);
        Assert.Equal(ScalarType.Float32, actual.dtype);
        double relative = (actual - expected).norm().item<float>() / expected.norm().item<float>();
        Assert.True(relative < 0.1, $"relative error {relative}");
        actual.sum().backward();
        Assert.All(backbone.parameters(), parameter => Assert.True(parameter.grad is null || parameter.grad.isfinite().all().item<bool>()));
    }

    [Theory]
    [MemberData(nameof(SmallFamilies.Each), MemberType = typeof(SmallFamilies))]
    public void Adapter_OfTheDefaultTargets_ChangesTheStatesMergesAndGetsGradients(string name)
    {
        using var scope = NewDisposeScope();
        using LanguageBackbone backbone = SmallFamilies.Backbone(name);
        Tensor before = States(backbone).detach();
        using var generator = new Generator(5, CPU);
        LoraAdapter adapter = LoraAdapter.Create(backbone, new LoraOptions { Rank = 2, Alpha = 4 }, generator);
        using (no_grad())
        {
            foreach (AdaptedModule module in adapter.Modules)
            {
                module.Update.Up.uniform_(-0.2, 0.2, generator);
            }
        }

        adapter.Attach();
        Tensor adapted = States(backbone);
        Assert.True((adapted - before).abs().max().item<float>() > 1e-3);
        adapted.pow(2).sum().backward();
        Assert.All(adapter.Parameters, pair => Assert.True(pair.Parameter.grad!.abs().max().item<float>() > 0, pair.Name));

        adapter.Merge();
        AssertNear(adapted.detach(), States(backbone).detach(), 1e-4);
        adapter.Unmerge();
        adapter.Detach();
        Assert.True(States(backbone).eq(before).all().item<bool>());
    }

    [Theory]
    [MemberData(nameof(SmallFamilies.Decoders), MemberType = typeof(SmallFamilies))]
    public void Model_Trained_LearnsAndMovesItsWeights(string name)
    {
        using var model = new PretrainedLanguageModel(name, SmallFamilies.Backbone(name), TextTokenizer.Load(TinyBackbone.Backbone.Source));
        string hash = model.ComputeWeightHash();
        int[][] blocks = [.. Enumerable.Range(0, 16).Select(_ => Enumerable.Range(0, 16).Select(i => 40 + (i % 4)).ToArray())];
        double loss = LanguageModelTrainer.MeanNegativeLogLikelihood(model, blocks);

        LanguageModelTrainer.Train(model, blocks, Options());

        double after = LanguageModelTrainer.MeanNegativeLogLikelihood(model, blocks);
        Assert.True(after < 0.9 * loss, $"from {loss} to {after}");
        Assert.NotEqual(hash, model.ComputeWeightHash());
    }

    [Theory]
    [MemberData(nameof(SmallFamilies.Encoders), MemberType = typeof(SmallFamilies))]
    public void Classifier_TrainedOnAnEncoder_LearnsAndMovesItsWeights(string name)
    {
        string target = Path.Combine(_folder, "encoder"), hash;
        using (var model = new PretrainedLanguageModel(name, SmallFamilies.Backbone(name), TextTokenizer.Load(TinyBackbone.Backbone.Source)))
        {
            model.Save(target);
            hash = model.ComputeWeightHash();
        }

        // All texts in every step, so that the first step's loss is that of all of them before training.
        var (texts, labels) = TinyBackbone.LabelledTexts(24);
        FineTuneOptions options = Options();
        options.Epochs = 12;
        options.MicroBatchSize = texts.Length;
        options.LearningRate = 3e-3;
        using TextClassifier classifier = TextClassifier.Train(ModelSource.FromDirectory(target), texts, labels, 3, options);

        Assert.Null(classifier.TrainingResult!.Warning);
        Assert.Equal(options.Epochs, classifier.TrainingResult.Steps);
        double loss = classifier.TrainingResult.History[0].TaskLoss;
        double after = -classifier.Score(texts).Values.Chunk(3).Zip(labels, (row, label) => Math.Log(row[label])).Average();
        Assert.True(after < 0.9 * loss, $"from {loss} to {after}");
        Assert.NotEqual(hash, classifier.LanguageModel.ComputeWeightHash());
    }

    [Theory]
    [MemberData(nameof(SmallFamilies.Each), MemberType = typeof(SmallFamilies))]
    public void Model_IsSavedWhole(string name)
    {
        using var scope = NewDisposeScope();
        using var model = new PretrainedLanguageModel(name, SmallFamilies.Backbone(name), TextTokenizer.Load(TinyBackbone.Backbone.Source));
        string target = Path.Combine(_folder, "saved");

        model.Save(target);

        using PretrainedLanguageModel again = PretrainedLanguageModel.Load(ModelSource.FromDirectory(target));
        Assert.Equal(model.ComputeWeightHash(), again.ComputeWeightHash());
        Assert.True(States(model.Backbone).eq(States(again.Backbone)).all().item<bool>());
        Assert.Contains(model.Backbone.ArchitectureName!, File.ReadAllText(Path.Combine(target, "config.json")), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(SmallFamilies.Decoders), MemberType = typeof(SmallFamilies))]
    public void Generate_WithACache_WritesWhatReadingEverythingAgainWrites(string name)
    {
        using var scope = NewDisposeScope();
        using var model = new PretrainedLanguageModel(name, SmallFamilies.Backbone(name), TextTokenizer.Load(TinyBackbone.Backbone.Source));
        string[] prompts = ["the error", "my payment is the one that I cannot find"];

        IReadOnlyList<GeneratedText> texts = model.Generate(prompts, new TextGenerationOptions { MaxNewTokens = 12, StopAtEndOfText = false });

        using var noGradient = no_grad();
        foreach (var (prompt, text) in prompts.Zip(texts))
        {
            List<int> tokens = [.. model.Tokenizer.Encode(prompt).Ids];
            Assert.Equal((tokens.Count, 12), (text.PromptTokens, text.TokenIds.Count));
            foreach (int token in text.TokenIds)
            {
                Tensor states = model.Backbone.Forward(tensor(tokens.Select(id => (long)id).ToArray(), 1, tokens.Count), null, HiddenStateSelection.None).LastHiddenState;
                Assert.Equal(model.Backbone.Logits(states[0, -1]).argmax().item<long>(), token);
                tokens.Add(token);
            }
        }
    }

    [Theory]
    [MemberData(nameof(SmallFamilies.Each), MemberType = typeof(SmallFamilies))]
    public void Classifier_OnTheModel_TrainsScoresAndIsSaved(string name)
    {
        string target = Path.Combine(_folder, "model");
        using (var model = new PretrainedLanguageModel(name, SmallFamilies.Backbone(name), TextTokenizer.Load(TinyBackbone.Backbone.Source)))
        {
            model.Save(target);
        }

        var (texts, labels) = TinyBackbone.LabelledTexts(12);
        FineTuneOptions options = Options();
        options.Epochs = 1;
        options.LearningRate = 1e-3;
        options.Dispersion.MaxTokens = 4;
        using TextClassifier classifier = TextClassifier.Train(ModelSource.FromDirectory(target), texts, labels, 3, options);
        float[] scores = classifier.Score(texts).Values;
        Assert.All(scores, score => Assert.True(float.IsFinite(score)));

        string saved = Path.Combine(_folder, "classifier");
        classifier.Save(new DirectorySink(saved));
        using TextClassifier again = TextClassifier.Load(new DirectorySource(saved), "cpu");
        Assert.Equal(scores, again.Score(texts).Values);
    }

    [Theory]
    [MemberData(nameof(SmallFamilies.Each), MemberType = typeof(SmallFamilies))]
    public void Heads_OfTheFamilysOwn_AreSavedAndLoaded(string name)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var model = new PretrainedLanguageModel(name, SmallFamilies.Backbone(name), TextTokenizer.Load(TinyBackbone.Backbone.Source));
        Tensor ids = tensor([.. Ids(9, 3), .. Ids(9, 4)], 2, 9);
        foreach (HeadSpec spec in model.Backbone.Heads.DistinctBy(spec => spec.Task))
        {
            int outputs = spec.Task switch { HeadTask.Spans => 2, HeadTask.MaskedTokens => model.Backbone.Info.VocabularySize, _ => 3 };
            HeadLabels labels = new(spec.Task is HeadTask.Sequence or HeadTask.Tokens ? ["red", "green", "blue"] : [], spec.Task == HeadTask.Sequence ? ProblemType.MultiLabel : null);
            model.ReplaceHead(PretrainedHead.Create(model.Backbone, spec, labels, outputs, seed: 5));
            Tensor expected = Outputs(model);
            string target = Path.Combine(_folder, $"head-{spec.Task}");

            model.Save(target);

            using PretrainedLanguageModel again = PretrainedLanguageModel.Load(ModelSource.FromDirectory(target));
            Assert.Equal((spec, labels.Problem), (again.Head!.Spec with { Layers = spec.Layers }, again.Head.ProblemType));
            Assert.Equal(labels.Names, again.Head.Labels);
            Assert.True(expected.eq(Outputs(again)).all().item<bool>(), $"{spec.Task}");
            Assert.True(expected.abs().max().item<float>() > 0, $"{spec.Task} gives nothing");
        }

        Tensor Outputs(PretrainedLanguageModel of) => of.Head!.Outputs(of.Backbone.Forward(ids, null, HiddenStateSelection.None).LastHiddenState, ids, null);
    }

    public static TheoryData<string> InGguf => [.. GgufModelKeys.Families];

    [Theory]
    [MemberData(nameof(InGguf))]
    public void Gguf_OfTheFamily_IsWrittenAndReadAgain(string name)
    {
        string type = name.Split(' ')[0], target = Path.Combine(_folder, $"{type}.gguf");
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var model = new PretrainedLanguageModel(type, SmallFamilies.Backbone(type, SmallFamilies.InGguf[type]), TextTokenizer.Load(TinyBackbone.Backbone.Source));

        model.SaveGguf(target, new GgufSaveOptions { Type = GgufWeightType.F32 });

        using var again = PretrainedLanguageModel.Load(ModelSource.FromGguf(target));
        Tensor ids = tensor([.. Ids(9, 3), .. Ids(9, 4)], 2, 9);
        Tensor expected = model.Backbone.Forward(ids, null, HiddenStateSelection.None).LastHiddenState, found = again.Backbone.Forward(ids, null, HiddenStateSelection.None).LastHiddenState;
        AssertNear(model.Backbone.Logits(expected), again.Backbone.Logits(found), Bound);
        Assert.Equal(model.Tokenizer.Encode("The refund, of 12 days.").Ids, again.Tokenizer.Encode("The refund, of 12 days.").Ids);
    }

    [Fact]
    public void Continue_LongropeAcrossItsOriginalLength_ReadsEverythingAgain()
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var generator = new Generator(7, CPU);
        string scaling = "\"rope_scaling\": {\"type\": \"longrope\", \"short_factor\": [1, 1.1, 1.2, 1.3], \"long_factor\": [1.5, 2.5, 3.5, 4.5]}, \"original_max_position_embeddings\": 8";
        using LanguageBackbone backbone = BackboneRegistry.Create(TinyConfigs.Merge(SmallFamilies.Config("phi3")[1..^1], scaling).ToJsonString(), generator);
        using KeyValueCache cache = backbone.CreateCache(2, 24)!;
        long[][] rows = [Ids(14, 1), Ids(9, 2)];

        // Two rows of different lengths: the second is short of the bound alone, and takes the longer one's frequencies.
        int[][] pieces = [[4, 3], [3, 1], [2, 2], [1, 1], [4, 2]];
        int[] read = [0, 0];
        foreach (int[] piece in pieces)
        {
            int columns = piece.Max();
            long[] ids = [.. rows.SelectMany((row, i) => row[read[i]..(read[i] + piece[i])].Concat(new long[columns - piece[i]]))];
            bool[] real = [.. piece.SelectMany(count => Enumerable.Range(0, columns).Select(column => column < count))];
            Tensor states = backbone.Continue(cache, tensor(ids, 2, columns), tensor(real, 2, columns));
            (read[0], read[1]) = (read[0] + piece[0], read[1] + piece[1]);
            int longest = read.Max();
            long[] padded = [.. rows.SelectMany((row, i) => row[..read[i]].Concat(new long[longest - read[i]]))];
            bool[] mask = [.. read.SelectMany(count => Enumerable.Range(0, longest).Select(column => column < count))];
            Tensor whole = backbone.Forward(tensor(padded, 2, longest), tensor(mask, 2, longest), HiddenStateSelection.None).LastHiddenState;
            for (int row = 0; row < 2; row++)
            {
                AssertNear(whole[row, (read[row] - piece[row])..read[row]], states[row, ..piece[row]], Bound);
            }
        }
    }

    private static FineTuneOptions Options() => new()
    {
        Epochs = 3,
        MicroBatchSize = 8,
        LearningRate = 1e-2,
        ValidationFraction = 0,
        Precision = Precision.Float32,
        Device = "cpu",
        GeometryProbe = null,
        Seed = 1,
    };

    private static long[] Ids(int count, int seed) => [.. Enumerable.Range(0, count).Select(i => (long)(5 + ((i * i * (7 + seed)) + (i * seed)) % 300))];

    private static Tensor States(LanguageBackbone backbone) => backbone.Forward(tensor([.. Ids(12, 1), .. Ids(12, 2)], 2, 12), null, HiddenStateSelection.None).LastHiddenState;

    private static Tensor[] Gradients(LanguageBackbone backbone)
    {
        backbone.train();
        backbone.zero_grad();
        Tensor mask = tensor([.. Enumerable.Repeat(true, 12), .. Enumerable.Repeat(true, 7), .. Enumerable.Repeat(false, 5)], 2, 12);
        Tensor states = backbone.Forward(tensor([.. Ids(12, 1), .. Ids(12, 2)], 2, 12), mask, HiddenStateSelection.None).LastHiddenState;
        using var generator = new Generator(3, CPU);
        states.mul(mask.unsqueeze(2)).mul(randn(states.shape, generator: generator)).sum().backward();
        return [.. backbone.parameters().Select(parameter => (parameter.grad ?? zeros_like(parameter)).clone())];
    }

    private static void AssertNear(Tensor expected, Tensor found, double bound)
    {
        Assert.Equal(expected.shape, found.shape);
        double scale = Math.Max(1, expected.abs().max().item<float>());
        double error = (expected - found).abs().max().item<float>() / scale;
        Assert.True(error <= bound, $"relative error {error:E2}");
    }
}
