namespace MLNet.Dispersion.Tests.Models;

/// <summary>Rotary settings, head sizes and windows, in the older and the newer form of config.json.</summary>
public sealed class RotaryConfigTests
{
    private const string Scaled = "\"factor\": 8, \"low_freq_factor\": 1, \"high_freq_factor\": 4, \"original_max_position_embeddings\": 40";

    [Theory]
    [InlineData("", 100)]
    [InlineData("\"rope_parameters\": null", 100)]
    [InlineData("\"rope_parameters\": {\"rope_type\": \"default\"}", 100)]
    [InlineData("\"rope_parameters\": {\"rope_type\": \"default\", \"rope_theta\": null}", 100)]
    [InlineData("\"rope_parameters\": {\"rope_type\": \"default\", \"rope_theta\": 5e5}", 5e5)]
    [InlineData("\"rope_theta\": null, \"rope_parameters\": {\"rope_theta\": 5e5}", 5e5)]
    [InlineData("\"rope_theta\": null, \"rope_parameters\": {}", 1e4)]
    public void Read_ThetaInEitherForm_TakesTheSectionBeforeTheTop(string settings, double theta)
    {
        RotarySpec rotary = LlamaFamily.Read(TinyConfigs.Reader(TinyConfigs.Llama, settings)).Spec.Block.Attention.Rotary!;

        Assert.Equal(theta, rotary.Theta);
        Assert.Null(rotary.Scaling);
    }

    [Theory]
    [InlineData("\"rope_scaling\": {\"rope_type\": \"llama3\", " + Scaled + "}")]
    [InlineData("\"rope_scaling\": {\"type\": \"llama3\", " + Scaled + "}")]
    [InlineData("\"rope_parameters\": {\"rope_type\": \"llama3\", \"rope_theta\": 100, " + Scaled + "}")]
    [InlineData("\"rope_scaling\": null, \"rope_parameters\": {\"rope_type\": \"llama3\", " + Scaled + "}")]
    [InlineData("\"rope_scaling\": {}, \"rope_parameters\": {\"rope_type\": \"llama3\", " + Scaled + "}")]
    public void Read_ScalingInEitherForm_IsTheSame(string settings)
    {
        RotarySpec rotary = LlamaFamily.Read(TinyConfigs.Reader(TinyConfigs.Llama, settings)).Spec.Block.Attention.Rotary!;

        Assert.Equal(new Llama3RopeScaling(8, 1, 4, 40), rotary.Scaling);
        Assert.Equal(100, rotary.Theta);
    }

    [Theory]
    [InlineData("qwen3", "", 128)]
    [InlineData("qwen3", "\"head_dim\": 6", 6)]
    [InlineData("qwen2", "", 2)]
    [InlineData("llama", "\"head_dim\": null", 2)]
    [InlineData("llama", "\"head_dim\": 6", 6)]
    public void Read_HeadSize_HasTheDefaultOfItsArchitecture(string modelType, string settings, int expected)
    {
        var reader = LlamaReader(modelType, settings);

        Assert.Equal(expected, LlamaFamily.Read(reader).Spec.Block.Attention.HeadSize);
    }

    [Theory]
    [InlineData("mistral", "\"max_position_embeddings\": 8192", 4096)]
    [InlineData("mistral", "\"sliding_window\": 11", 11)]
    [InlineData("mistral", "\"sliding_window\": null", null)]
    [InlineData("qwen2", "\"use_sliding_window\": true, \"sliding_window\": 5, \"max_window_layers\": 0", 5)]
    [InlineData("qwen2", "\"use_sliding_window\": true, \"sliding_window\": 5, \"layer_types\": [\"full_attention\", \"sliding_attention\"]", 5)]
    [InlineData("qwen2", "\"use_sliding_window\": true, \"sliding_window\": 5", null)]
    [InlineData("qwen2", "\"sliding_window\": 16", null)]
    [InlineData("qwen3", "\"use_sliding_window\": true, \"max_window_layers\": 1", 4096)]
    [InlineData("qwen3", "\"use_sliding_window\": false", null)]
    [InlineData("llama", "\"sliding_window\": 5, \"use_sliding_window\": true", null)]
    public void Read_Window_IsThatOfTheLastLayer(string modelType, string settings, int? expected)
    {
        TransformerSpec spec = LlamaFamily.Read(LlamaReader(modelType, settings)).Spec;

        Assert.Equal(expected, spec.BlockOf(spec.LayerCount - 1).Attention.Window);
    }

    [Theory]
    [InlineData("\"layer_types\": [\"full_attention\"]", "layer_types has 1 entries; num_hidden_layers is 2")]
    [InlineData("\"layer_types\": [\"full_attention\", \"chunked_attention\"]", "layer_types holds 'chunked_attention'; supported: full_attention, sliding_attention")]
    [InlineData("\"layer_types\": \"full_attention\"", "layer_types is")]
    [InlineData("\"layer_types\": [1, 2]", "layer_types holds 1")]
    [InlineData("\"max_window_layers\": -1", "max_window_layers is -1")]
    [InlineData("\"sliding_window\": 0, \"max_window_layers\": 0", "sliding_window is 0")]
    public void Read_WrongWindow_NamesTheKey(string settings, string named) => AssertNames(() => LlamaFamily.Read(LlamaReader("qwen2", "\"use_sliding_window\": true, " + settings)), named);

    [Theory]
    [InlineData("\"rope_type\": \"linear\", \"factor\": 4", 0.25, 0.025, 1)]
    [InlineData("\"rope_type\": \"dynamic\", \"factor\": 2", 1, 0.1, 1)]
    [InlineData("\"rope_type\": \"longrope\", \"short_factor\": [1, 2], \"long_factor\": [3, 4], \"original_max_position_embeddings\": 12", 1, 0.05, 1)]
    [InlineData("\"type\": \"su\", \"short_factor\": [1, 2], \"long_factor\": [3, 4], \"attention_factor\": 1.5", 1, 0.05, 1.5)]
    [InlineData("\"rope_type\": \"yarn\", \"factor\": 4, \"original_max_position_embeddings\": 4, \"attention_factor\": 0.5", 1, 0.025, 0.5)]
    public void Read_Scaling_GivesItsFrequencies(string section, double first, double second, double attention)
    {
        RotarySpec rotary = LlamaFamily.Read(TinyConfigs.Reader(TinyConfigs.Llama, $"\"head_dim\": 4, \"rope_scaling\": {{{section}}}")).Spec.Block.Attention.Rotary!;

        double[] frequencies = rotary.Scaling!.Frequencies(rotary.Dimensions, rotary.Theta, 12);
        Assert.Equal(first, frequencies[0], 1e-12);
        Assert.Equal(second, frequencies[1], 1e-12);
        Assert.Equal(attention, rotary.Scaling.AttentionFactor);
    }

    [Theory]
    [InlineData("\"rope_type\": \"linear\"", "factor is missing")]
    [InlineData("\"rope_type\": \"dynamic\", \"factor\": 0", "factor is 0")]
    [InlineData("\"rope_type\": \"dynamic\", \"factor\": 2, \"alpha\": 8", "alpha is not known beside this rope_type")]
    [InlineData("\"rope_type\": \"longrope\", \"short_factor\": [1], \"long_factor\": [3, 4]", "short_factor and long_factor hold 1 and 2 numbers; a head turns 1 pairs")]
    [InlineData("\"rope_type\": \"longrope\", \"short_factor\": [1]", "long_factor is missing")]
    [InlineData("\"rope_type\": \"longrope\", \"short_factor\": [-1], \"long_factor\": [1]", "short_factor must be numbers above 0")]
    [InlineData("\"rope_type\": \"longrope\", \"short_factor\": [1], \"long_factor\": [1], \"long_mscale\": 1.2", "long_mscale is not known beside this rope_type")]
    [InlineData("\"rope_type\": \"linear\", \"factor\": 4, \"attention_factor\": 2", "attention_factor is not known beside this rope_type")]
    [InlineData("\"rope_type\": \"yarn\", \"factor\": 4, \"original_max_position_embeddings\": 4, \"zzz\": 5", "zzz is not known beside this rope_type; known are rope_type, type")]
    [InlineData("\"rope_type\": \"yarn\", \"factor\": 4, \"short_factor\": [1], \"long_factor\": [1]", "short_factor is not known beside this rope_type")]
    [InlineData("\"type\": \"yarn\", \"factor\": 4, \"finetuned\": false", "finetuned is false")]
    [InlineData("\"rope_type\": \"llama3\", " + Scaled + ", \"attention_factor\": 3", "attention_factor is not known beside this rope_type")]
    [InlineData("\"rope_type\": \"yarn\", \"factor\": 4, \"beta_fast\": 1, \"beta_slow\": 2", "beta_fast is 1; it must be at least beta_slow = 2")]
    [InlineData("\"factor\": 4", "factor is given without a rope_type that knows it. Name the kind")]
    [InlineData("\"name\": \"linear\"", "name is given without a rope_type that knows it")]
    [InlineData("\"type\": null, \"low_freq_factor\": 1", "low_freq_factor is given without a rope_type that knows it")]
    [InlineData("\"rope_type\": \"default\", \"mrope_section\": [1, 1]", "mrope_section is given without a rope_type that knows it, beside rope_type default")]
    [InlineData("\"rope_type\": \"linear\", \"factor\": 1e-300", "turns features by ")]
    [InlineData("\"rope_type\": \"yarn\", \"factor\": 4, \"attention_factor\": 1e300", "and multiplies them by ")]
    public void Read_WrongScaling_NamesTheKey(string section, string named) =>
        AssertNames(() => LlamaFamily.Read(TinyConfigs.Reader(TinyConfigs.Llama, $"\"rope_scaling\": {{{section}}}")), named);

    [Theory]
    [InlineData("\"rope_parameters\": {\"rope_theta\": 100, \"factor\": 4}", "rope_parameters: factor is given without a rope_type")]
    [InlineData("\"rope_parameters\": {\"full_attention\": {\"rope_type\": \"linear\", \"factor\": 8}}", "full_attention is given without a rope_type")]
    [InlineData("\"head_dim\": 4, \"rope_theta\": 1e-300", "a rotary base turns features")]
    [InlineData("\"original_max_position_embeddings\": 8, \"rope_scaling\": {\"type\": \"yarn\", \"factor\": 2, \"original_max_position_embeddings\": 16}", "original_max_position_embeddings is 16, and 8 outside of the section")]
    public void Read_WhatWouldBePassedOver_IsNamed(string settings, string named) => AssertNames(() => LlamaFamily.Read(TinyConfigs.Reader(TinyConfigs.Llama, settings)), named);

    /// <summary>Sections of kinds of layers that there are none of.</summary>
    [Theory]
    [InlineData("sliding_attentio")]
    [InlineData("global")]
    public void Read_SectionsByLayer_KnowTheKindsOfLayers(string kind)
    {
        string full = "{\"rope_type\": \"default\", \"rope_theta\": 100}";
        ConfigReader config = TinyConfigs.Reader(TinyConfigs.Llama, $"\"rope_parameters\": {{\"full_attention\": {full}, \"{kind}\": {full}}}");

        AssertNames(() => new RotaryKeys { Layer = "full_attention" }.Read(config, 8), $"{kind} is no kind of layers; known are full_attention and sliding_attention");
    }

    /// <summary>The first files of Phi 3 call LongRoPE so; its context of training is 4096 where no key names it.</summary>
    [Theory]
    [InlineData("yarn")]
    [InlineData("su")]
    [InlineData("longrope")]
    public void Read_ScalingOfPhi3_IsLongRopeUnderEachOfItsNames(string type)
    {
        ConfigReader config = TinyConfigs.Reader(TinyConfigs.Llama, $"\"model_type\": \"phi3\", \"max_position_embeddings\": 8192, \"rope_scaling\": {{\"type\": \"{type}\", \"short_factor\": [1], \"long_factor\": [3]}}");

        var scaling = (LongRopeScaling)PhiFamily.ReadThird(config).Spec.Block.Attention.Rotary!.Scaling!;

        Assert.Equal([1.0], scaling.Short);
        Assert.Equal([3.0], scaling.Long);
        Assert.Equal(4096, scaling.OriginalContextLength);
        Assert.Equal(Math.Sqrt(1 + (Math.Log(2) / Math.Log(4096))), scaling.AttentionFactor, 1e-12);
    }

    [Theory]
    [InlineData("", 4)]
    [InlineData("\"rotary_pct\": null", 2)]
    [InlineData("\"rotary_pct\": 1", 8)]
    [InlineData("\"rotary_pct\": 0.3", 2)]
    [InlineData("\"rope_parameters\": {\"rope_type\": \"default\"}", 4)]
    [InlineData("\"rope_parameters\": {\"rope_type\": \"default\", \"partial_rotary_factor\": 0.25}", 2)]
    public void Read_RotaryShare_GivesTheRotatedFeaturesOfAHead(string settings, int expected)
    {
        Assert.Equal(expected, GptNeoXFamily.Read(TinyConfigs.Reader(TinyConfigs.NeoX, settings)).Spec.Block.Attention.Rotary!.Dimensions);
    }

    [Theory]
    [InlineData("\"rotary_pct\": 0.1", "rotary_pct is 0.1 of the 8 features")]
    [InlineData("\"rotary_pct\": 0.45", "rotary_pct is 0.45 of the 8 features")]
    [InlineData("\"rotary_pct\": 2", "rotary_pct is 2 of the 8 features")]
    [InlineData("\"rotary_pct\": 1e300", "rotary_pct is 1E+300 of the 8 features")]
    [InlineData("\"rope_parameters\": {\"partial_rotary_factor\": 0.1}", "rope_parameters: partial_rotary_factor is 0.1 of the 8 features")]
    public void Read_RotaryShareOfNoPairs_NamesKeyValueAndCure(string settings, string keyAndValue)
    {
        AssertNames(() => GptNeoXFamily.Read(TinyConfigs.Reader(TinyConfigs.NeoX, settings)), keyAndValue, "an even number of features from 2 to 8");
    }

    [Theory]
    [InlineData("\"rotary_emb_base\": 500", 500)]
    [InlineData("\"rotary_emb_base\": 500, \"rope_parameters\": {\"rope_theta\": 700}", 700)]
    [InlineData("\"rotary_emb_base\": 500, \"rope_parameters\": {\"partial_rotary_factor\": 0.5}", 500)]
    [InlineData("", 10000)]
    public void Read_NeoXTheta_TakesTheSectionBeforeTheTop(string settings, double theta)
    {
        Assert.Equal(theta, GptNeoXFamily.Read(TinyConfigs.Reader(TinyConfigs.NeoX, settings)).Spec.Block.Attention.Rotary!.Theta);
    }

    [Theory]
    [InlineData(TinyConfigs.Llama, "\"rope_scaling\": {\"rope_type\": \"other\", \"factor\": 4}", "rope_scaling: rope_type is 'other'; supported: default, llama3, linear, dynamic, yarn, longrope")]
    [InlineData(TinyConfigs.Llama, "\"rope_parameters\": {\"rope_type\": \"other\", \"rope_theta\": 1e4}", "rope_parameters: rope_type is 'other'; supported: default, llama3")]
    [InlineData(TinyConfigs.Llama, "\"rope_parameters\": {\"rope_theta\": -1}", "rope_parameters: rope_theta is -1; it must be a number above 0")]
    [InlineData(TinyConfigs.Llama, "\"rope_parameters\": 7", "rope_parameters must be an object or null")]
    [InlineData(TinyConfigs.Llama, "\"rope_scaling\": [1]", "rope_scaling must be an object or null")]
    [InlineData(TinyConfigs.NeoX, "\"rope_scaling\": {\"type\": \"other\", \"factor\": 2}", "rope_scaling: type is 'other'; supported: default")]
    public void Read_UnsupportedRotarySection_NamesKeyValueAndWhatIsSupported(string family, string settings, string named)
    {
        var reader = TinyConfigs.Reader(family, settings);

        AssertNames(() => { _ = family == TinyConfigs.NeoX ? GptNeoXFamily.Read(reader) : LlamaFamily.Read(reader); }, named);
    }

    private static ConfigReader LlamaReader(string modelType, string settings) =>
        TinyConfigs.Reader(TinyConfigs.Llama.Replace("\"llama\"", $"\"{modelType}\"", StringComparison.Ordinal), settings);

    private static void AssertNames(Action read, params string[] parts)
    {
        string message = Assert.Throws<ModelFileException>(read).Message;
        Assert.All(parts, part => Assert.Contains(part, message, StringComparison.Ordinal));
        Assert.InRange(message.Length, 1, 500);
    }
}
