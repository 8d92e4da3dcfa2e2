using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Models.Families;

/// <summary>The pieces that families need beyond those of GPT-2, Llama and BERT, each against what its paper or its model's code says.</summary>
public sealed class FamilyPiecesTests
{
    [Theory]
    [InlineData(1, new[] { 8.0 })]
    [InlineData(2, new[] { 4.0, 8 })]
    [InlineData(3, new[] { 4.0, 8, 2 })]
    [InlineData(6, new[] { 2.0, 4, 6, 8, 1, 3 })]
    [InlineData(8, new[] { 1.0, 2, 3, 4, 5, 6, 7, 8 })]
    [InlineData(12, new[] { 1.0, 2, 3, 4, 5, 6, 7, 8, 0.5, 1.5, 2.5, 3.5 })]
    public void Slopes_AnyNumberOfHeads_AreThePapers(int heads, double[] exponents) =>
        Assert.Equal(exponents.Select(exponent => (float)Math.Pow(2, -exponent)), AlibiSpec.Slopes(heads));

    // T5's published buckets, for 32 of them up to a distance of 128.
    [Theory]
    [InlineData(0, 0)]
    [InlineData(-1, 1)]
    [InlineData(-7, 7)]
    [InlineData(-8, 8)]
    [InlineData(-11, 8)]
    [InlineData(-12, 9)]
    [InlineData(-90, 14)]
    [InlineData(-91, 15)]
    [InlineData(-5000, 15)]
    [InlineData(1, 17)]
    [InlineData(7, 23)]
    [InlineData(8, 24)]
    [InlineData(5000, 31)]
    public void Bucket_OfADistance_IsT5s(long distance, long expected) => Assert.Equal(expected, new BucketBias(32, 128).RowOf(-distance));

    // DeBERTa v3: 256 buckets up to a distance of 512.
    [Theory]
    [InlineData(0, 0)]
    [InlineData(128, 128)]
    [InlineData(-128, -128)]
    [InlineData(129, 129)]
    [InlineData(511, 255)]
    [InlineData(-511, -255)]
    public void LogarithmicBucket_OfADistance_IsDebertas(long distance, long expected) => Assert.Equal(expected, DisentangledSpec.LogarithmicBucket(distance, 256, 512));

    [Fact]
    public void LogarithmicBucket_GrowsEvenly()
    {
        long[] buckets = [.. Enumerable.Range(0, 512).Select(distance => DisentangledSpec.LogarithmicBucket(distance, 256, 512))];

        Assert.Equal(buckets.Order(), buckets);
        Assert.All(buckets.Skip(1).Zip(buckets), pair => Assert.InRange(pair.First - pair.Second, 0, 1));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Rotate_EitherForm_TurnsItsPairs(bool interleaved)
    {
        using var scope = NewDisposeScope();
        var rotary = new RotaryEmbedding(new RotarySpec { Dimensions = 4, Theta = 100, IsInterleaved = interleaved });
        using var generator = new Generator(2, CPU);
        Tensor value = randn([1, 1, 5, 6], generator: generator);
        var view = new TokenView(zeros([1, 5], ScalarType.Int64), null, isCausal: true, pass: null, []);

        float[] turned = rotary.Rotate(value, rotary.Tables(view)).flatten().data<float>().ToArray();

        float[] before = value.flatten().data<float>().ToArray();
        for (int place = 0; place < 5; place++)
        {
            foreach (var (pair, first, second) in interleaved ? new[] { (0, 0, 1), (1, 2, 3) } : [(0, 0, 2), (1, 1, 3)])
            {
                double angle = place * Math.Pow(100, -2.0 * pair / 4);
                var (x, y) = (before[(place * 6) + first], before[(place * 6) + second]);
                Assert.Equal((x * Math.Cos(angle)) - (y * Math.Sin(angle)), turned[(place * 6) + first], 1e-5);
                Assert.Equal((y * Math.Cos(angle)) + (x * Math.Sin(angle)), turned[(place * 6) + second], 1e-5);
            }

            Assert.Equal(before[((place * 6) + 4)..((place * 6) + 6)], turned[((place * 6) + 4)..((place * 6) + 6)]);
        }
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    [InlineData(false, true)]
    public void View_Window_AllowsWhatIsNear(bool isCausal, bool isLeft)
    {
        using var scope = NewDisposeScope();
        Tensor mask = tensor([true, true, true, true, true, .. isLeft ? new[] { false, false, true, true, true } : [true, true, true, false, false]], 2, 5);
        bool[][] real = [.. mask.data<bool>().ToArray().Chunk(5)];

        var view = new TokenView(zeros([2, 5], ScalarType.Int64), mask, isCausal, pass: null, [2, 9]);

        Assert.Null(view.Within(9));
        Assert.Null(view.Within(null));
        bool[] allowed = view.Within(2)!.expand(2, 1, 5, 5).contiguous().data<bool>().ToArray();
        for (int row = 0; row < 2; row++)
        {
            for (int query = 0; query < 5; query++)
            {
                for (int key = 0; key < 5; key++)
                {
                    bool near = Math.Abs(query - key) < 2 && (!isCausal || key <= query);
                    bool expected = query == key || (near && real[row][key]);
                    if (real[row][query])
                    {
                        Assert.Equal(expected, allowed[(((row * 5) + query) * 5) + key]);
                    }
                }

                Assert.Contains(true, allowed[(((row * 5) + query) * 5)..(((row * 5) + query + 1) * 5)]);
            }
        }
    }

    [Fact]
    public void Attend_TooManyScoresToWrite_GivesTheSame()
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var generator = new Generator(4, CPU);
        const int Length = 1030;
        Tensor Sample(int heads) => randn([1, heads, Length, 4], generator: generator);
        var (query, key, value) = (Sample(4), Sample(2), Sample(2));
        var view = new TokenView(zeros([1, Length], ScalarType.Int64), null, isCausal: true, pass: null, [700]);
        var rules = new ScoreRules(0.3, null, AlibiBias.Of(new AlibiSpec(), 4, view), view.Within(700));

        Tensor found = ScoredAttention.Attend(new ForwardContext(), query, key, value, rules);

        Tensor scores = query.matmul(CausalAttention.Repeat(key, query).transpose(2, 3)) * 0.3 + rules.Bias!;
        Tensor expected = scores.masked_fill(rules.Allowed!.logical_not(), double.NegativeInfinity).softmax(-1).matmul(CausalAttention.Repeat(value, query));
        Assert.True((expected - found).abs().max().item<float>() < 2e-5);
    }

    [Theory]
    [InlineData("gemma", "\"use_bidirectional_attention\": true", "use_bidirectional_attention")]
    [InlineData("gemma2", "\"attn_logit_softcapping\": -1", "attn_logit_softcapping is -1")]
    [InlineData("gemma3_text", "\"sliding_window_pattern\": 0", "sliding_window_pattern")]
    [InlineData("smollm3", "\"no_rope_layers\": [1, 2]", "no_rope_layers must be 0 or 1 for each of the 2 layers")]
    [InlineData("smollm3", "\"no_rope_layers\": [1]", "no_rope_layers")]
    [InlineData("gpt_neo", "\"attention_types\": [[[\"global\", \"far\"], 1]]", "attention_types must be pairs")]
    [InlineData("gpt_neo", "\"attention_types\": [[[\"global\"], 2000000000]]", "attention_types must be pairs")]
    [InlineData("gpt_neo", "\"attention_types\": 7", "attention_types must be pairs")]
    [InlineData("gptj", "\"rotary_dim\": 7", "rotary_dim is 7")]
    [InlineData("falcon", "\"new_decoder_architecture\": true, \"num_kv_heads\": 3", "num_kv_heads = 3")]
    [InlineData("falcon", "\"new_decoder_architecture\": true, \"num_ln_in_parallel_attn\": 3", "num_ln_in_parallel_attn is 3")]
    [InlineData("opt", "\"layerdrop\": 0.5", "layerdrop is 0.5; only 0 is supported for opt")]
    [InlineData("mpt", "\"no_bias\": false", "no_bias is false")]
    [InlineData("mpt", "\"attn_config\": {\"qk_ln\": true}", "attn_config: qk_ln is true")]
    [InlineData("mpt", "\"attn_config\": {\"alibi\": false}", "attn_config: alibi is false")]
    [InlineData("cohere", "\"logit_scale\": 0", "logit_scale is 0")]
    [InlineData("stablelm", "\"partial_rotary_factor\": 0.1", "partial_rotary_factor is 0.1 of the 8 features")]
    [InlineData("roberta", "\"pad_token_id\": null", "pad_token_id is null")]
    [InlineData("roberta", "\"max_position_embeddings\": 2", "max_position_embeddings is 2, of which 2 stand before the first token")]
    [InlineData("mpnet", "\"relative_attention_num_buckets\": 6", "relative_attention_num_buckets is 6")]
    [InlineData("albert", "\"num_hidden_groups\": 3", "num_hidden_groups is 3; there are 2 layers")]
    [InlineData("albert", "\"inner_group_num\": 16777216, \"num_hidden_layers\": 16777216", "16777216 layers")]
    [InlineData("deberta-v2", "\"pos_att_type\": [\"c2c\"]", "pos_att_type holds 'c2c'; supported: c2p, p2c")]
    [InlineData("deberta-v2", "\"pos_att_type\": \"c2p|c2c\"", "pos_att_type must be of c2p, p2c")]
    [InlineData("deberta-v2", "\"conv_kernel_size\": 4", "conv_kernel_size is 4; it must be an odd number")]
    [InlineData("deberta-v2", "\"relative_attention\": true, \"position_buckets\": 48, \"max_position_embeddings\": 16", "position_buckets is 48; it must be at least 2")]
    [InlineData("deberta-v2", "\"embedding_size\": 7", "embedding_size is 7; only 32")]
    [InlineData("modernbert", "\"layer_types\": [\"full_attention\"]", "layer_types has 1 entries")]
    [InlineData("phi3", "\"rope_scaling\": {\"type\": \"longrope\", \"short_factor\": [1], \"long_factor\": [1]}", "short_factor and long_factor hold 1 and 1 numbers; a head turns 4 pairs")]
    public void Create_WhatAFamilyCannotSay_IsRefusedByName(string name, string setting, string named)
    {
        using var generator = new Generator(1, CPU);
        string json = TinyConfigs.Merge(SmallFamilies.Config(name)[1..^1], setting).ToJsonString();

        Assert.Contains(named, Assert.Throws<ModelFileException>(() => BackboneRegistry.Create(json, generator)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Validate_PiecesThatDoNotFit_AreRefusedByName()
    {
        TransformerSpec decoder = LlamaFamily.Read(TinyConfigs.Reader(TinyConfigs.Llama, "")).Spec;
        AttentionSpec attention = decoder.Block.Attention;

        Named(decoder with { Blocks = [decoder.Block] }, "Blocks has 1 entries; there are 2 blocks");
        Named(decoder with { SharedBlocks = [0] }, "SharedBlocks has 1 entries");
        Named(decoder with { Block = decoder.Block with { Attention = attention with { Window = 0 } } }, "Attention.Window is 0");
        Named(decoder with { Block = decoder.Block with { Attention = attention with { Relative = new BucketBias(32, 128) } } }, "A decoder has no learned relative positions");
        Named(decoder with { Block = decoder.Block with { Mlp = decoder.Block.Mlp with { IsFused = true, IsGated = false } } }, "Mlp.IsFused is true");
        Named(decoder with { Head = HeadKind.Tied, HasHeadBias = true }, "HasHeadBias needs a head of its own");
        Named(decoder with { Head = HeadKind.Tied, OutputSize = 3 }, "OutputSize is 3");
        Named(decoder with { LogitCap = 0 }, "LogitCap is 0");
        Named(decoder with { Block = decoder.Block with { Attention = attention with { HeadNormScope = (HeadNormScope)9 } } }, "Attention.HeadNormScope is 9");

        static void Named(TransformerSpec spec, string part) => Assert.Contains(part, Assert.Throws<ArgumentException>(spec.Validate).Message, StringComparison.Ordinal);
    }
}
