using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Models.Adapters;

public sealed class LoraAdapterTests
{
    /// <summary>What two float32 evaluations of one small network may differ by, relative to its largest output.</summary>
    private const double Tolerance = 2e-5;

    [Theory]
    [MemberData(nameof(Adapted.Each), MemberType = typeof(Adapted))]
    public void Forward_Adapter_EqualsABackboneWithTheNaivelyMergedWeights(string family)
    {
        using var scope = NewDisposeScope();
        using var backbone = Adapted.Backbone(family);
        using var plain = Adapted.Backbone(family);
        Tensor before = Adapted.Logits(backbone);
        var options = new LoraOptions { Rank = 3, Alpha = 5, TargetModules = Adapted.Targets(family) };
        var adapter = Adapted.Attach(backbone, options);
        PutNaivelyMerged(adapter, plain, 5.0 / 3);

        Tensor expected = Adapted.Logits(plain);
        Tensor actual = Adapted.Logits(backbone);

        Assert.InRange(Adapted.Largest(actual - expected), 0, Tolerance * Math.Max(1, Adapted.Largest(expected)));
        Assert.True(Adapted.Largest(actual - before) > 0.01);
    }

    /// <summary>With W' = W + s B A: dL/dB = s G A^T and dL/dA = s B^T G, where G is the gradient of W' in an ordinary network.</summary>
    [Theory]
    [InlineData("gpt2", false)]
    [InlineData("gpt2", true)]
    [InlineData("llama", false)]
    [InlineData("llama", true)]
    [InlineData("qwen3", false)]
    [InlineData("gpt_neox", false)]
    [InlineData("gpt_neox", true)]
    public void Backward_Adapter_FollowsTheChainRule(string family, bool checkpointing)
    {
        using var scope = NewDisposeScope();
        using var backbone = Adapted.Backbone(family);
        using var plain = Adapted.Backbone(family);
        var options = new LoraOptions { Rank = 2, Alpha = 3, RankStabilized = true, TargetModules = Adapted.Targets(family) };
        double scale = 3 / Math.Sqrt(2);
        var adapter = Adapted.Attach(backbone, options);
        PutNaivelyMerged(adapter, plain, scale);
        backbone.ActivationCheckpointing = checkpointing;
        using var trained = TrainedParameters.Choose(backbone, [], new FineTuneOptions { Lora = options });
        backbone.train();
        plain.train();

        Loss(backbone).backward();
        Loss(plain).backward();

        var gradients = plain.named_parameters().ToDictionary(pair => pair.name, pair => pair.parameter.grad);
        foreach (AdaptedModule module in adapter.Modules)
        {
            Tensor whole = gradients[module.Name + ".weight"]!;
            whole = module.Layer.InputsFirst ? whole.t() : whole;
            AssertNear(whole.mm(module.Update.Down.detach().t()) * scale, module.Update.Up.grad!);
            AssertNear(module.Update.Up.detach().t().mm(whole) * scale, module.Update.Down.grad!);
        }

        Assert.All(backbone.named_parameters(), pair => Assert.Null(pair.parameter.grad));
    }

    [Theory]
    [MemberData(nameof(Adapted.Each), MemberType = typeof(Adapted))]
    public void Merge_ThenUnmerge_GivesTheBaseBackBitForBit(string family)
    {
        using var scope = NewDisposeScope();
        using var backbone = Adapted.Backbone(family);
        string hash = WeightHash.Of(backbone);
        var before = Bits(backbone);
        var options = new LoraOptions { Rank = 4, Alpha = 7, TargetModules = Adapted.Targets(family) };
        var adapter = Adapted.Attach(backbone, options);
        Tensor unmerged = Adapted.Logits(backbone);
        var naive = adapter.Modules.ToDictionary(module => module.Name, module => Adapted.NaiveMerged(module, 7.0 / 4));

        adapter.Merge();
        Tensor merged = Adapted.Logits(backbone);
        Assert.InRange(Adapted.Largest(merged - unmerged), 0, Tolerance * Math.Max(1, Adapted.Largest(unmerged)));
        Assert.All(adapter.Modules, module => Assert.Equal(naive[module.Name].Cast<float>(), module.Layer.Weight.data<float>().ToArray()));
        Assert.NotEqual(before, Bits(backbone));
        Assert.Equal(hash, WeightHash.Of(backbone));
        adapter.Merge();
        adapter.Unmerge();

        Assert.Equal(before, Bits(backbone));
        Assert.Equal(unmerged.data<float>().ToArray(), Adapted.Logits(backbone).data<float>().ToArray());
        adapter.Unmerge();
        Assert.Equal(hash, WeightHash.Of(backbone));
    }

    /// <summary>
    /// One layer, entry by entry. A sum of n products in float32 errs by at most g(n) times the sum of their absolute values, g(n) = n u / (1 - n u), u = 2^-24. Merged: n = in, and one more rounding of the weight.
    /// Beside: the same for W x, and in + r + 3 roundings for s B A x; one more each for the last addition.
    /// </summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Merge_OneLayer_StaysWithinTheBoundOfRounding(bool conv)
    {
        const int inputs = 48, outputs = 20, rank = 4;
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var generator = new Generator(3, CPU);
        var context = new ForwardContext();
        using nn.Module layer = conv ? new Conv1D(context, inputs, outputs) : new ProjectionLayer(context, inputs, outputs, hasBias: false);
        foreach (var parameter in layer.parameters())
        {
            parameter.zero_();
        }

        var adaptable = (IAdaptable)layer;
        adaptable.Weight.uniform_(-1, 1, generator);
        Tensor down = empty(rank, inputs).uniform_(-1, 1, generator);
        Tensor up = empty(outputs, rank).uniform_(-1, 1, generator);
        Tensor x = empty(30, inputs).uniform_(-2, 2, generator);
        var options = new LoraOptions { Rank = rank, Alpha = 10 };
        (Tensor w, Tensor a, Tensor b) = ((conv ? adaptable.Weight.t() : adaptable.Weight).abs().clone(), down.abs(), up.abs());
        using var update = new LowRankUpdate(context, down.clone(), up.clone(), options.Scale, options.Dropout);
        adaptable.Update = update;
        Tensor beside = Forward();
        using Tensor merged = update.Merge(adaptable.Weight, adaptable.InputsFirst);
        adaptable.Weight.copy_(merged);
        adaptable.Update = null;
        Tensor within = Forward();

        const double u = 1.0 / (1 << 24);
        static double Gamma(int n) => n * u / (1 - (n * u));
        Tensor absolute = x.abs().mm(w.t());
        Tensor low = x.abs().mm(a.t()).mm(b.t()) * 2.5;
        Tensor bound = (absolute * (Gamma(inputs + 1) + Gamma(inputs + 1))) + (low * (Gamma(inputs + rank + 3) + Gamma(inputs + 1)));
        Assert.True(((within - beside).abs() <= bound).all().item<bool>());
        Assert.True(Adapted.Largest(within - x.mm((conv ? merged : merged.t()) - 0)) < 1e-4);

        Tensor Forward() => layer is Conv1D c ? c.Forward(x) : ((ProjectionLayer)layer).Forward(x);
    }

    [Fact]
    public void Create_Fresh_BeginsWithoutEffectAndFollowsTheSeed()
    {
        using var scope = NewDisposeScope();
        using var backbone = Adapted.Backbone("gpt2");
        float[] before = Adapted.Logits(backbone).data<float>().ToArray();
        using var seed = new Generator(5, CPU);
        var adapter = LoraAdapter.Create(backbone, new LoraOptions { Rank = 64 }, seed);
        adapter.Attach();

        Assert.Equal(before, Adapted.Logits(backbone).data<float>().ToArray());
        Assert.Equal(["transformer.h.0.attn.c_attn", "transformer.h.1.attn.c_attn", "transformer.h.2.attn.c_attn"], adapter.Modules.Select(module => module.Name));
        double bound = 1 / Math.Sqrt(8);
        float[] drawn = [.. adapter.Modules.SelectMany(module => module.Update.Down.data<float>().ToArray())];
        Assert.All(drawn, value => Assert.InRange(value, -bound, bound));
        Assert.InRange(drawn.Select(value => (double)value * value).Average(), 0.9 * bound * bound / 3, 1.1 * bound * bound / 3);
        using var again = new Generator(5, CPU);
        using var twin = LoraAdapter.Create(backbone, new LoraOptions { Rank = 64 }, again);
        Assert.Equal(drawn, twin.Modules.SelectMany(module => module.Update.Down.data<float>().ToArray()));
    }

    [Theory]
    [InlineData("gpt2", "c_attn")]
    [InlineData("llama", "q_proj,v_proj")]
    [InlineData("qwen3", "q_proj,v_proj")]
    [InlineData("gpt_neox", "query_key_value")]
    public void Create_NoTargets_TakesPeftsChoice(string family, string expected)
    {
        using var backbone = Adapted.Backbone(family);
        using var generator = new Generator(1, CPU);
        using var adapter = LoraAdapter.Create(backbone, new LoraOptions(), generator);

        Assert.Equal(expected.Split(','), adapter.Options.TargetModules);
        Assert.Equal(expected.Split(',').Length * backbone.Info.LayerCount, adapter.Modules.Count);
    }

    [Fact]
    public void Create_UnknownTarget_ListsThoseThatExist()
    {
        using var backbone = Adapted.Backbone("gpt2");
        using var generator = new Generator(1, CPU);

        var error = Assert.Throws<ArgumentException>(() => LoraAdapter.Create(backbone, new LoraOptions { TargetModules = ["c_attn", "q_proj"] }, generator));

        Assert.Contains("'q_proj'", error.Message, StringComparison.Ordinal);
        Assert.Contains("c_attn, c_fc, c_proj", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Forward_BFloat16_AddsTheUpdateToo()
    {
        using var scope = NewDisposeScope();
        using var backbone = Adapted.Backbone("llama");
        Tensor plain = Adapted.Logits(backbone);
        Adapted.Attach(backbone, new LoraOptions { Rank = 2, Alpha = 4 });
        Tensor wide = Adapted.Logits(backbone);
        backbone.ComputeType = ScalarType.BFloat16;

        Tensor narrow = Adapted.Logits(backbone);

        Assert.InRange(Adapted.Largest(narrow - wide), 1e-6, 0.25 * Adapted.Largest(wide - plain));
    }

    [Fact]
    public void Forward_Dropout_ComesFromTheBackbonesGeneratorInTrainingAlone()
    {
        using var scope = NewDisposeScope();
        using var backbone = Adapted.Backbone("gpt2");
        Adapted.Attach(backbone, new LoraOptions { Rank = 2, Alpha = 4, Dropout = 0.5 });
        float[] evaluated = Adapted.Logits(backbone).data<float>().ToArray();
        backbone.DropoutProbability = 0;
        backbone.train();

        Assert.Equal(evaluated, Adapted.Logits(backbone).data<float>().ToArray());
        Assert.NotEqual(evaluated, Drawn(1));
        Assert.Equal(Drawn(1), Drawn(1));
        Assert.NotEqual(Drawn(2), Drawn(1));

        float[] Drawn(ulong seed)
        {
            using var generator = new Generator(seed, CPU);
            backbone.DropoutGenerator = generator;
            float[] logits = Adapted.Logits(backbone).data<float>().ToArray();
            backbone.DropoutGenerator = null;
            return logits;
        }
    }

    [Fact]
    public void Logits_AdaptedHead_TakesPartInTheLanguageModelsLoss()
    {
        using var scope = NewDisposeScope();
        using var backbone = Adapted.Backbone("llama");
        var adapter = Adapted.Attach(backbone, new LoraOptions { Rank = 2, TargetModules = ["lm_head"] });

        Assert.Null(backbone.HeadWeight);
        adapter.Merge();
        Assert.NotNull(backbone.HeadWeight);
    }

    private static Tensor Loss(LanguageBackbone backbone)
    {
        Tensor ids = Adapted.Ids();
        var tokens = TokenBatch.Pad([.. Enumerable.Range(0, 4).Select(row => Enumerable.Range(0, 8).Select(i => (int)ids[row, i].item<long>()).ToArray())], padId: 0);
        var output = backbone.Forward(ids, null, HiddenStateSelection.All);
        return new CausalLMObjective().Compute(backbone, output, ids, new TaskBatch { Tokens = tokens, Rows = [] }).Sum + output.HiddenStates[1]!.pow(2).sum();
    }

    private static void PutNaivelyMerged(LoraAdapter adapter, LanguageBackbone plain, double scale)
    {
        using var noGradient = no_grad();
        var parameters = plain.named_parameters().ToDictionary(pair => pair.name, pair => pair.parameter);
        foreach (AdaptedModule module in adapter.Modules)
        {
            parameters[module.Name + ".weight"].copy_(tensor(Adapted.NaiveMerged(module, scale)));
        }
    }

    private static void AssertNear(Tensor expected, Tensor actual) =>
        Assert.InRange((actual - expected).norm().item<float>(), 0, (1e-4f * expected.norm().item<float>()) + 1e-7f);

    private static Dictionary<string, int[]> Bits(LanguageBackbone backbone) =>
        backbone.named_parameters().ToDictionary(pair => pair.name, pair => pair.parameter.data<float>().ToArray().Select(BitConverter.SingleToInt32Bits).ToArray());
}
