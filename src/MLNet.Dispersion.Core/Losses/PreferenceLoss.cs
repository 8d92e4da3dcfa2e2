namespace MLNet.Dispersion;

/// <summary>What is lowered when a model learns from preference pairs, under TRL's names (in brackets). s is the reward margin before beta: log(p / p_ref) of the chosen answer minus that of the rejected one, summed over their tokens.</summary>
public enum PreferenceLoss
{
    /// <summary>-log sigmoid(beta s): direct preference optimisation (Rafailov et al. 2023, arXiv 2305.18290; <c>sigmoid</c>).</summary>
    Sigmoid,

    /// <summary>(-(1 - e) log sigmoid(beta s) + e log sigmoid(-beta s)) / (1 - 2 e), for pairs of which a share e is the wrong way round (Chowdhury et al. 2024, arXiv 2403.00409; <c>robust</c>). May be negative.</summary>
    Robust,

    /// <summary>max(0, 1 - beta s) (SLiC, Zhao et al. 2023, arXiv 2305.10425; <c>hinge</c>).</summary>
    Hinge,

    /// <summary>(s' - 1 / (2 beta))^2 with log ratios that are means over tokens (Azar et al. 2023, arXiv 2310.12036; <c>ipo</c>).</summary>
    Ipo,

    /// <summary>-log sigmoid(beta s') with log ratios that are means over tokens (<c>sigmoid_norm</c>).</summary>
    SigmoidOfMeans,

    /// <summary>The mean negative log-likelihood of the chosen answers' tokens; the rejected ones play no part (<c>sft</c>). Beside others.</summary>
    Supervised,
}
