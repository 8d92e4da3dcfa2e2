using static TorchSharp.torch;

namespace MLNet.Dispersion.Tests.Models.Families;

/// <summary>A small network of every family that is known, with the settings that set it apart.</summary>
internal static class SmallFamilies
{
    private const string Common = """
        "hidden_size": 32, "num_attention_heads": 4, "num_hidden_layers": 2, "intermediate_size": 24, "max_position_embeddings": 64, "initializer_range": 0.3
        """;

    private const string Grouped = Common + ", \"num_key_value_heads\": 2";
    private const string Gpt = "\"n_embd\": 32, \"n_head\": 4, \"n_layer\": 2, \"n_positions\": 64, \"initializer_range\": 0.3, \"attn_pdrop\": 0, \"embd_pdrop\": 0, \"resid_pdrop\": 0";
    private const string Bert = Common + ", \"hidden_dropout_prob\": 0, \"attention_probs_dropout_prob\": 0";

    private static readonly Lazy<int> Vocabulary = new(() => TextTokenizer.Load(TinyBackbone.Backbone.Source).VocabularySize);

    /// <summary>Settings by name: the model type, and behind a blank what of it.</summary>
    private static readonly Dictionary<string, (string Basis, string Own)> Settings = new()
    {
        ["albert"] = (Bert, "\"embedding_size\": 12"),
        ["albert groups"] = (Bert, "\"embedding_size\": 12, \"num_hidden_groups\": 2, \"inner_group_num\": 2, \"num_hidden_layers\": 3"),
        ["bert"] = (Bert, ""),
        ["bloom"] = ("\"hidden_size\": 24, \"n_head\": 6, \"n_layer\": 2, \"seq_length\": 64, \"initializer_range\": 0.3", ""),
        ["bloom residual"] = ("\"hidden_size\": 24, \"n_head\": 2, \"n_layer\": 2, \"seq_length\": 64, \"initializer_range\": 0.3, \"apply_residual_connection_post_layernorm\": true", ""),
        ["camembert"] = (Bert, "\"max_position_embeddings\": 66, \"pad_token_id\": 1"),
        ["cohere"] = (Grouped, "\"use_qk_norm\": true, \"logit_scale\": 0.5"),
        ["cohere2"] = (Grouped, "\"logit_scale\": 0.5, \"num_hidden_layers\": 4, \"sliding_window\": 5"),
        ["deberta"] = (Bert, "\"relative_attention\": true, \"pos_att_type\": [\"c2p\", \"p2c\"], \"max_relative_positions\": 6, \"position_biased_input\": false, \"type_vocab_size\": 0"),
        ["deberta-v2"] = (Bert, "\"relative_attention\": true, \"pos_att_type\": \"c2p|p2c\", \"position_buckets\": 8, \"share_att_key\": true, \"norm_rel_ebd\": \"layer_norm\", \"position_biased_input\": false, \"type_vocab_size\": 0"),
        ["deberta-v2 convolution"] = (Bert, "\"relative_attention\": true, \"pos_att_type\": [\"p2c\"], \"max_relative_positions\": 7, \"conv_kernel_size\": 3, \"conv_groups\": 2, \"type_vocab_size\": 2"),
        ["deberta-v2 absolute"] = (Bert, "\"type_vocab_size\": 0"),
        ["distilbert"] = ("\"dim\": 32, \"n_heads\": 4, \"n_layers\": 2, \"hidden_dim\": 24, \"max_position_embeddings\": 64, \"initializer_range\": 0.3, \"dropout\": 0, \"attention_dropout\": 0", ""),
        ["electra"] = (Bert, "\"embedding_size\": 12"),
        ["ernie4_5"] = (Grouped, "\"head_dim\": 8, \"use_bias\": true"),
        ["falcon"] = (Common, "\"ffn_hidden_size\": 24"),
        ["falcon groups"] = (Common, "\"new_decoder_architecture\": true, \"num_kv_heads\": 2, \"bias\": true"),
        ["falcon slopes"] = (Common, "\"alibi\": true, \"multi_query\": false, \"parallel_attn\": false, \"bias\": true"),
        ["gemma"] = (Grouped, "\"head_dim\": 6"),
        ["gemma2"] = (Grouped, "\"head_dim\": 6, \"sliding_window\": 5, \"query_pre_attn_scalar\": 9, \"attn_logit_softcapping\": 2, \"final_logit_softcapping\": 3"),
        ["gemma3_text"] = (Grouped, "\"head_dim\": 6, \"sliding_window\": 5, \"sliding_window_pattern\": 2, \"rope_scaling\": {\"rope_type\": \"linear\", \"factor\": 8}"),
        ["glm"] = (Grouped, "\"head_dim\": 8, \"attention_bias\": true"),
        ["glm4"] = (Grouped, "\"head_dim\": 8"),
        ["gpt2"] = (Gpt, ""),
        ["gpt2 scaled"] = (Gpt, "\"scale_attn_by_inverse_layer_idx\": true, \"tie_word_embeddings\": false, \"n_inner\": 20"),
        ["gpt_bigcode"] = (Gpt, ""),
        ["gpt_bigcode many"] = (Gpt, "\"multi_query\": false"),
        ["gpt_neo"] = ("\"hidden_size\": 32, \"num_heads\": 4, \"num_layers\": 2, \"max_position_embeddings\": 64, \"window_size\": 5, \"attention_types\": [[[\"global\", \"local\"], 1]], \"initializer_range\": 0.2", ""),
        ["gpt_neox"] = (Common, ""),
        ["gptj"] = (Gpt, "\"rotary_dim\": 4"),
        ["granite"] = (Grouped, "\"embedding_multiplier\": 3, \"attention_multiplier\": 0.2, \"residual_multiplier\": 0.5, \"logits_scaling\": 2"),
        ["llama"] = (Grouped, ""),
        ["llama yarn"] = (Grouped, "\"rope_scaling\": {\"rope_type\": \"yarn\", \"factor\": 4, \"original_max_position_embeddings\": 16}"),
        ["mistral"] = (Grouped, "\"sliding_window\": 5"),
        ["modernbert"] = (Common, "\"num_hidden_layers\": 3, \"local_attention\": 6"),
        ["mpnet"] = (Bert, "\"max_position_embeddings\": 66, \"relative_attention_num_buckets\": 8, \"pad_token_id\": 1"),
        ["mpt"] = ("\"d_model\": 24, \"n_heads\": 6, \"n_layers\": 2, \"max_seq_len\": 64, \"initializer_range\": 0.3", ""),
        ["nemotron"] = (Grouped, ""),
        ["nomic_bert"] = (Bert, ""),
        ["olmo"] = (Grouped, "\"clip_qkv\": 0.5"),
        ["olmo2"] = (Grouped, ""),
        ["olmo3"] = (Grouped, "\"num_hidden_layers\": 4, \"sliding_window\": 5"),
        ["opt"] = (Common, "\"ffn_dim\": 24, \"dropout\": 0"),
        ["opt narrow"] = (Common, "\"ffn_dim\": 24, \"dropout\": 0, \"word_embed_proj_dim\": 16, \"do_layer_norm_before\": false"),
        ["opt bare"] = (Common, "\"ffn_dim\": 24, \"dropout\": 0, \"enable_bias\": false, \"layer_norm_elementwise_affine\": false"),
        ["phi"] = (Grouped, ""),
        ["phi normed"] = (Grouped, "\"qk_layernorm\": true"),
        ["phi3"] = (Grouped, "\"sliding_window\": 5"),
        ["qwen2"] = (Grouped, "\"use_sliding_window\": true, \"sliding_window\": 5, \"max_window_layers\": 1"),
        ["qwen3"] = (Grouped, "\"head_dim\": 6, \"tie_word_embeddings\": true"),
        ["roberta"] = (Bert, "\"max_position_embeddings\": 66, \"pad_token_id\": 1"),
        ["smollm3"] = (Grouped, "\"no_rope_layers\": [1, 0]"),
        ["stablelm"] = (Grouped, "\"use_qkv_bias\": true"),
        ["stablelm parallel"] = (Grouped, "\"qk_layernorm\": true, \"use_parallel_residual\": true"),
        ["starcoder2"] = (Grouped, "\"sliding_window\": 5"),
        ["xlm-roberta"] = (Bert, "\"max_position_embeddings\": 66, \"pad_token_id\": 1"),
    };

    public static TheoryData<string> Each => [.. Settings.Keys];

    public static TheoryData<string> Decoders => [.. Settings.Keys.Where(name => IsDecoder(name))];

    public static TheoryData<string> Encoders => [.. Settings.Keys.Where(name => !IsDecoder(name))];

    /// <summary>The model types, once each.</summary>
    public static IReadOnlyCollection<string> ModelTypes => [.. Settings.Keys.Select(TypeOf).Distinct()];

    /// <summary>Settings of model types under which llama.cpp computes the same, by the model type: of all that can be written as GGUF files.</summary>
    public static readonly IReadOnlyDictionary<string, string> InGguf = new Dictionary<string, string>
    {
        ["bloom"] = "",
        ["gemma"] = "",
        ["gemma2"] = "\"query_pre_attn_scalar\": 6",
        ["gemma3_text"] = "\"query_pre_attn_scalar\": 6, \"sliding_window_pattern\": 6, \"num_hidden_layers\": 6",
        ["gpt2"] = "",
        ["gpt_neox"] = "",
        ["granite"] = "",
        ["llama"] = "",
        ["mistral"] = "\"sliding_window\": null",
        ["olmo2"] = "",
        ["phi"] = "",
        ["phi3"] = "\"sliding_window\": null",
        ["qwen2"] = "\"use_sliding_window\": false",
        ["qwen3"] = "",
        ["smollm3"] = "\"no_rope_layers\": null, \"num_hidden_layers\": 4",
    };

    public static string Config(string name) => TinyConfigs.Merge(
        TinyConfigs.Merge(Settings[name].Basis, Settings[name].Own).ToJsonString()[1..^1], $"\"model_type\": \"{TypeOf(name)}\", \"vocab_size\": {Vocabulary.Value}").ToJsonString();

    /// <summary>Its weights are random, those of norms included, so that each counts.</summary>
    public static LanguageBackbone Backbone(string name, string settings = "")
    {
        using var generator = new Generator(7, CPU);
        LanguageBackbone backbone = BackboneRegistry.Create(TinyConfigs.Merge(Config(name)[1..^1], settings).ToJsonString(), generator);
        using var noGradient = no_grad();
        foreach (var (parameter, value) in backbone.named_parameters().Where(pair => pair.parameter.dim() == 1))
        {
            value.add_(rand(value.shape, generator: generator).mul_(0.4).sub_(0.2));
        }

        return backbone;
    }

    /// <summary>The settings of a model type.</summary>
    public static string[] NamesOf(string type) => [.. Settings.Keys.Where(name => TypeOf(name) == type)];

    /// <summary>Whether the settings or the model type of this name are those of a decoder.</summary>
    public static bool IsDecoder(string name)
    {
        string type = TypeOf(name);
        return type is not ("modernbert" or "mpnet") && !type.Contains("bert", StringComparison.Ordinal) && type is not "electra";
    }

    private static string TypeOf(string name) => name.Split(' ')[0];
}
