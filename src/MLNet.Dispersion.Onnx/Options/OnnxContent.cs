namespace MLNet.Dispersion;

/// <summary>What an ONNX file computes.</summary>
public enum OnnxContent
{
    /// <summary>The final states of all tokens, <c>last_hidden_state</c>, and of a model with a pooler <c>pooler_output</c>.</summary>
    HiddenStates,

    /// <summary>An encoder's vector of each text, <c>sentence_embedding</c>, and the states that it is made from, <c>token_embeddings</c>.</summary>
    Embeddings,

    /// <summary>The numbers of a task's head, <c>logits</c>: for each text, or for each token. Of spans <c>start_logits</c> and <c>end_logits</c>.</summary>
    Head,

    /// <summary>The logits of next tokens, <c>logits</c>.</summary>
    NextTokens,
}
